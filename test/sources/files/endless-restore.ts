import { setTimeout as delay } from "node:timers/promises";
import { filesSource } from "../../../src/sources/files/index.ts";
import { MemoryCopy, runContext } from "./support.ts";

// Restores a file whose second half never comes; whoever started this kills it.
const [folder = "", target = ""] = process.argv.slice(2);
const copy = new MemoryCopy();
const times = {
  mode: 0o755,
  uid: process.getuid?.() ?? 0,
  gid: process.getgid?.() ?? 0,
  mtime: 1n,
};
copy.list.push({ path: ".", type: "directory", ...times });
const content = await copy.store(Buffer.alloc(2_000_000));
copy.list.push({ path: "a", type: "file", ...times, content });
copy.open = async function* open() {
  yield Buffer.alloc(1_000_000);
  process.stdout.write("half\n");
  await delay(600_000);
};
const context = await runContext(folder);
await filesSource.restore({
  reader: copy,
  picked: { items: [] },
  target,
  replace: false,
  dryRun: false,
  options: {},
  context,
});
