import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { backUp } from "../../../src/sources/postgresql/back-up.ts";
import { postgresqlSettings } from "../../../src/sources/postgresql/settings.ts";

// Backs up SHOP_URL into nothing, until it is killed.
const log = (): void => undefined;
await backUp({
  settings: postgresqlSettings.parse({ url: "secret:shop", globals: false }),
  sink: {
    store: () => Promise.resolve({ size: 0, sha256: "", segments: [] }),
    keeps: () => false,
    add: () => Promise.resolve(),
    finish: () => Promise.reject(new TypeError("nothing is sealed")),
    abort: () => Promise.resolve(),
  },
  excludeTables: [],
  context: {
    env: process.env,
    signal: new AbortController().signal,
    logger: { debug: log, info: log, warn: log, error: log },
    runName: String(process.env["RUN_NAME"]),
    scratchFolder: await mkdtemp(join(tmpdir(), "lastgood-test-")),
    warn: log,
  },
});
