import type { Swift } from "../test/support/swift.ts";
import type { Benchmark } from "./harness.ts";
import { compareUploads, runFed, type Uploader } from "./uploads.ts";

/** One long stream to a bucket on loopback, against rclone. */
export const s3: Benchmark = {
  name: "s3",
  run: (bench) =>
    compareUploads(bench, (swift) => ({
      type: "s3",
      settings: {
        endpoint: swift.s3Endpoint,
        bucket: "backups",
        access_key: "secret:s3_access",
        secret_key: "secret:s3_secret",
      },
      env: { LASTGOOD_SECRET_S3_ACCESS: swift.user, LASTGOOD_SECRET_S3_SECRET: swift.key },
      rivalName: "rclone rcat",
      rival: rclone(swift),
    })),
};

function rclone(swift: Swift): Uploader {
  const env = {
    // Nothing of what it keeps for people.
    RCLONE_CONFIG: "/dev/null",
    RCLONE_CONFIG_BENCH_TYPE: "s3",
    RCLONE_CONFIG_BENCH_PROVIDER: "Other",
    RCLONE_CONFIG_BENCH_ENDPOINT: swift.s3Endpoint,
    RCLONE_CONFIG_BENCH_REGION: swift.s3Region,
    RCLONE_CONFIG_BENCH_ACCESS_KEY_ID: swift.user,
    RCLONE_CONFIG_BENCH_SECRET_ACCESS_KEY: swift.key,
    RCLONE_CONFIG_BENCH_FORCE_PATH_STYLE: "true",
    RCLONE_CONFIG_BENCH_NO_CHECK_BUCKET: "true",
  };
  return {
    put: (file, key) => runFed("rclone", ["rcat", "--quiet", `bench:backups/${key}`], env, file),
    remove: (key) => runFed("rclone", ["deletefile", `bench:backups/${key}`], env),
  };
}
