import { randomUUID } from "node:crypto";
import { describe } from "vitest";
import { swift } from "../../src/providers/swift.ts";
import { useSwift } from "../support/swift.ts";
import { testProvider } from "./conformance.ts";
import type { Place } from "./place.ts";

const real = useSwift();

function place(more: Readonly<Record<string, unknown>> = {}): Promise<Place> {
  const { authUrl, user } = real.started();
  const container = randomUUID();
  const settings = { auth_url: authUrl, user, key: "secret:swift_key", container, ...more };
  return Promise.resolve({ settings, env: { LASTGOOD_SECRET_SWIFT_KEY: real.started().key } });
}

describe.skipIf(real.whyNot !== undefined)("on a real Swift", () => {
  testProvider("swift", swift, () => place());
});
