import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../support/folder.ts";
import { skip } from "../../support/skip.ts";

const run = promisify(execFile);
const program = fileURLToPath(new URL("big-stream.ts", import.meta.url));

interface Outcome {
  readonly isSame: boolean;
  readonly findings: number;
  readonly peakMegabytes: number;
}

async function backUpStream(megabytes: number, keys: readonly string[] = []): Promise<Outcome> {
  const folder = join(await temporaryFolder(), "place");
  const { stdout } = await run(process.execPath, [program, folder, String(megabytes), ...keys]);
  console.warn(`${megabytes} MB: ${stdout.trim()}`);
  return JSON.parse(stdout) as Outcome;
}

test("a stream of 5 GB is stored, verified and read in 300 MB of memory", async (context) => {
  if (process.env["LASTGOOD_SLOW_TESTS"] !== "1") skip(context, "set LASTGOOD_SLOW_TESTS=1");
  const outcome = await backUpStream(5120);
  expect(outcome).toMatchObject({ isSame: true, findings: 0 });
  expect(outcome.peakMegabytes).toBeLessThanOrEqual(300);
}, 600_000);

test("an encrypted stream of 1 GB takes no more", async (context) => {
  if (process.env["LASTGOOD_SLOW_TESTS"] !== "1") skip(context, "set LASTGOOD_SLOW_TESTS=1");
  const identity = await generateX25519Identity();
  const outcome = await backUpStream(1024, [await identityToRecipient(identity), identity]);
  expect(outcome).toMatchObject({ isSame: true, findings: 0 });
  expect(outcome.peakMegabytes).toBeLessThanOrEqual(300);
}, 600_000);
