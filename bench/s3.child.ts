// A process of its own for the benchmark: stores what stands on stdin, with the hashing that a backup
// does, or reads it back. SETTINGS and OWNERSHIP are JSON; the secrets stand in the environment.
import { createHash } from "node:crypto";
import type { Ownership } from "../src/providers/provider.ts";
import { s3 } from "../src/providers/s3.ts";
import { parseSettings } from "../src/settings.ts";

const [act = "", key = "", settings = "", ownership = ""] = process.argv.slice(2);
const context = { env: process.env, signal: new AbortController().signal };
const provider = await s3.open(
  parseSettings(s3, JSON.parse(settings)),
  JSON.parse(ownership) as Ownership,
  context,
);
const hash = createHash("sha256");

async function* hashed(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    hash.update(chunk);
    yield chunk;
  }
}

if (act === "put") await provider.put(key, hashed(process.stdin));
if (act === "get") for await (const chunk of hashed(await provider.get(key))) void chunk;
if (act === "delete") await provider.delete(key);
await provider.close();
process.stdout.write(hash.digest("hex"));
