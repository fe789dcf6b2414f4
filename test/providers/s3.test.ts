import { describe } from "vitest";
import { s3 } from "../../src/providers/s3.ts";
import { useSwift } from "../support/swift.ts";
import { testProvider } from "./conformance.ts";
import { makePart } from "./s3-place.ts";
import { testClaims, testOwners } from "./s3-owners.ts";
import { testParts, testReading } from "./s3-parts.ts";
import { testDying, testTroubles } from "./s3-troubles.ts";

const swift = useSwift();

describe.skipIf(swift.whyNot !== undefined)("on Swift", () => {
  testProvider("s3", s3, () => Promise.resolve(makePart(swift.started())));
  describe("s3 in parts", () => {
    testParts(() => swift.started());
  });
  describe("s3 when it reads", () => {
    testReading(() => swift.started());
  });
  describe("s3 when the service is in trouble", () => {
    testTroubles(() => swift.started());
  });
  describe("s3 when the service dies half-way", () => {
    testDying(() => swift.started());
  });
  describe("s3 belongs to", () => {
    testOwners(() => swift.started());
  });
  describe("s3 without conditional writes", () => {
    testClaims(() => swift.started());
  });
});
