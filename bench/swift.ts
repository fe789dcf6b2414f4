import type { Swift } from "../test/support/swift.ts";
import type { Benchmark } from "./harness.ts";
import { compareUploads, runFed, type Uploader } from "./uploads.ts";

/** One long stream to a container on loopback, against Swift's own program. */
export const swift: Benchmark = {
  name: "swift",
  run: (bench) =>
    compareUploads(bench, (server) => ({
      type: "swift",
      settings: {
        auth_url: server.authUrl,
        user: server.user,
        key: "secret:swift_key",
        container: "backups",
      },
      env: { LASTGOOD_SECRET_SWIFT_KEY: server.key },
      rivalName: "swift upload",
      rival: swiftclient(server),
    })),
};

/** As people call it: the file as one object, its MD5 compared. */
function swiftclient({ authUrl, user, key: password }: Swift): Uploader {
  const env = { ST_AUTH: authUrl, ST_USER: user, ST_KEY: password };
  return {
    put: (file, key) =>
      runFed("/usr/bin/swift", ["upload", "--object-name", key, "others", file], env),
    remove: (key) => runFed("/usr/bin/swift", ["delete", "others", key], env),
  };
}
