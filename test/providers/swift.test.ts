import { describe } from "vitest";
import { swift } from "../../src/providers/swift.ts";
import { useSwift } from "../support/swift.ts";
import { testProvider } from "./conformance.ts";
import { testHarm } from "./swift-harm.ts";
import { testSegments } from "./swift-segments.ts";
import { placeIn } from "./swift-support.ts";

const real = useSwift();

describe.skipIf(real.whyNot !== undefined)("on a real Swift", () => {
  testProvider("swift", swift, () => Promise.resolve(placeIn(real.started())));
  describe("in segments", () => {
    testSegments(() => real.started());
  });
  describe("whatever happens", () => {
    testHarm(() => real.started());
  });
});
