/*
 * Backs up one stream of many bytes, verifies it and reads it again; prints the most memory that took.
 * Run in a process of its own: node big-stream.ts FOLDER MEGABYTES [recipient identity]
 */
import { createHash, randomBytes } from "node:crypto";
import { createSink, openCopy, verifyCopy } from "../../../src/layouts/registry.ts";
import { localFs } from "../../../src/providers/local-fs.ts";
import { emptyBody, entryOf, headOf, MemoryCatalogue } from "../support.ts";

const [folder = "", megabytes = "64", recipient, identity] = process.argv.slice(2);
const { signal } = new AbortController();
const ownership = { installation: "i", marker: "m" };
await localFs.initialise({ path: folder }, ownership, { env: {}, signal });
const provider = await localFs.open({ path: folder }, ownership, { env: {}, signal });
const catalogue = new MemoryCatalogue();
const head = headOf("big", recipient === undefined ? [] : [recipient]);
const sent = createHash("sha256");

/** A third of it is noise, and no megabyte is like another. */
async function* bytes(): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < Number(megabytes); index += 1) {
    const noise = randomBytes(16 * 21_000);
    for (let piece = 0; piece < 16; piece += 1) {
      const chunk = Buffer.alloc(65_536, `${index} ${piece} some text that repeats itself\n`);
      noise.copy(chunk, 0, piece * 21_000, (piece + 1) * 21_000);
      sent.update(chunk);
      yield chunk;
    }
  }
}

const started = performance.now();
const sink = await createSink("pack", { provider, head, catalogue, signal });
await sink.add(entryOf("big", { content: await sink.store(bytes()) }));
const sealed = await sink.finish(emptyBody);
const stored = performance.now();

const copy = { provider, identities: identity === undefined ? [] : [identity], ...sealed };
const reader = await openCopy(copy);
const content = (await reader.find("big"))?.content;
let received = 0;
if (content !== undefined) for await (const piece of reader.open(content)) received += piece.length;
let findings = 0;
for await (const finding of verifyCopy(copy, { level: "decode", sample: 1, signal })) {
  findings += finding.what.length;
}
await provider.close();
console.log(
  JSON.stringify({
    isSame: content?.sha256 === sent.digest("hex") && received === Number(megabytes) * 1024 * 1024,
    findings,
    packs: sealed.packs.length,
    peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
    storedMegabytesPerSecond: Math.round((Number(megabytes) * 1000) / (stored - started)),
  }),
);
