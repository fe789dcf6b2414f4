import { randomBytes } from "node:crypto";
import { describe } from "vitest";
import type { ProviderType } from "../../src/providers/provider.ts";
import { s3 } from "../../src/providers/s3.ts";
import { useSwift } from "../support/swift.ts";
import { testProvider } from "./conformance.ts";

const swift = useSwift();
const env = { LASTGOOD_SECRET_S3_ACCESS: "test:tester", LASTGOOD_SECRET_S3_SECRET: "testing" };

/** The suite opens places without an environment of their own. */
const typed: ProviderType = {
  ...s3,
  initialise: (settings, ownership, context) =>
    s3.initialise(settings as never, ownership, { ...context, env }),
  open: (settings, ownership, context) =>
    s3.open(settings as never, ownership, { ...context, env }),
};

describe.skipIf(swift.whyNot !== undefined)("on Swift", () => {
  testProvider("s3", typed, () =>
    Promise.resolve({
      settings: {
        endpoint: swift.started().s3Endpoint,
        bucket: `b${randomBytes(6).toString("hex")}`,
        access_key: "secret:s3_access",
        secret_key: "secret:s3_secret",
      },
    }),
  );
});
