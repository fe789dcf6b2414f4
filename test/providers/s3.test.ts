import { randomBytes } from "node:crypto";
import { describe } from "vitest";
import { s3 } from "../../src/providers/s3.ts";
import { useSwift } from "../support/swift.ts";
import { testProvider } from "./conformance.ts";

const swift = useSwift();
const env = { LASTGOOD_SECRET_S3_ACCESS: "test:tester", LASTGOOD_SECRET_S3_SECRET: "testing" };

describe.skipIf(swift.whyNot !== undefined)("on Swift", () => {
  testProvider("s3", s3, () =>
    Promise.resolve({
      env,
      settings: {
        endpoint: swift.started().s3Endpoint,
        bucket: `b${randomBytes(6).toString("hex")}`,
        access_key: "secret:s3_access",
        secret_key: "secret:s3_secret",
      },
    }),
  );
});
