// Preloaded into a worker: it takes itself for one of the host LASTGOOD_TEST_HOST.
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";

const host = process.env["LASTGOOD_TEST_HOST"] ?? "";
os.hostname = () => host;
syncBuiltinESMExports();
