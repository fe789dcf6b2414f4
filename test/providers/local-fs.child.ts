import { localFs } from "../../src/providers/local-fs.ts";

// A process of its own for tests: puts an object that never ends, and says so after 8 MiB.

const [path = "", installation = "", marker = ""] = process.argv.slice(2);
const context = { env: {}, signal: new AbortController().signal };
const provider = await localFs.open({ path }, { installation, marker }, context);

async function* endless(): AsyncGenerator<Uint8Array> {
  for (let count = 0; ; count += 1) {
    if (count === 8) process.stdout.write("putting\n");
    yield Buffer.alloc(1024 * 1024, count);
    if (count >= 8) await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

await provider.put("packs/ab/endless.pack", endless());
