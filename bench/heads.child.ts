// A process of its own for the benchmarks: the least that Node needs to read the heads of all
// manifests in FOLDER, with nothing checked and nothing kept.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const [folder = ""] = process.argv.slice(2);
const names = await readdir(folder);
const packs = new Set<string>();

async function work(): Promise<void> {
  for (let name = names.pop(); name !== undefined; name = names.pop()) {
    const bytes = await readFile(join(folder, name));
    const line = bytes.toString("utf8", 0, bytes.indexOf("\n"));
    const head = JSON.parse(line) as { readonly packs: readonly { readonly name: string }[] };
    for (const pack of head.packs) packs.add(pack.name);
  }
}

await Promise.all(Array.from({ length: 16 }, work));
process.stdout.write(`${packs.size}\n`);
