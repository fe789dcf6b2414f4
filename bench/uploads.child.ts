// A process of its own for the benchmarks: stores what stands on stdin, with the hashing that a backup
// does, or reads it back. SETTINGS and OWNERSHIP are JSON; the secrets stand in the environment.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { Ownership } from "../src/providers/provider.ts";
import { openProvider } from "../src/providers/registry.ts";

const [act = "", key = "", type = "", settings = "", ownership = ""] = process.argv.slice(2);
const context = { env: process.env, signal: new AbortController().signal };
const { installation, marker } = JSON.parse(ownership) as Ownership;
const row = { type, settings: JSON.parse(settings) as unknown, marker };
const provider = await openProvider(row, installation, context);
const hash = createHash("sha256");

async function* hashed(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    hash.update(chunk);
    yield chunk;
  }
}

// As large as pieces of a backup mostly are.
const stdin = createReadStream("", { fd: 0, highWaterMark: 1024 * 1024 });
if (act === "put") await provider.put(key, hashed(stdin));
if (act === "get") for await (const chunk of hashed(await provider.get(key))) void chunk;
if (act === "delete") await provider.delete(key);
await provider.close();
process.stdout.write(hash.digest("hex"));
