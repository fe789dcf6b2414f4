import { unlink } from "node:fs/promises";
import { join } from "node:path";
import { localFs } from "../../src/providers/local-fs.ts";
import { temporaryFolder } from "../support/folder.ts";
import { testProvider } from "./conformance.ts";

testProvider("local-fs", localFs, async () => {
  const path = join(await temporaryFolder(), "root");
  return {
    settings: { path },
    removeMarker: () => unlink(join(path, "lastgood-provider.json")),
  };
});
