import { spawn } from "node:child_process";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { initialiseProvider } from "../src/providers/registry.ts";
import { startSwift, type Swift } from "../test/support/swift.ts";
import { atMost, type Bench, type Measurement, median } from "./harness.ts";
import { projectPath } from "./processes.ts";

const mega = 1024 * 1024;

/** Stores one file as one object; each act is a process. */
export interface Uploader {
  put(file: string, key: string): Promise<unknown>;
  remove(key: string): Promise<unknown>;
}

/** Which of our providers, and whom it is compared with. */
export interface Contest {
  readonly type: "s3" | "swift";
  readonly settings: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly rivalName: string;
  readonly rival: Uploader;
}

/**
 * One long stream to a Swift on loopback, or to its S3 side, with sha256 and MD5, against another
 * program; what is read back is timed and shown apart.
 */
export async function compareUploads(
  bench: Bench,
  contest: (swift: Swift) => Contest,
): Promise<Measurement[]> {
  const folder = await mkdtemp(join(tmpdir(), "lastgood-bench-"));
  const swift = await startSwift();
  try {
    const file = join(folder, "bytes");
    const bytes = Math.max(12 * mega, bench.size.rows * 100);
    const sha256 = await fill(file, bytes);
    const { rival, rivalName, ...ourSide } = contest(swift);
    // As bin/lastgood.js does, it keeps what it has compiled.
    const compiled = { NODE_COMPILE_CACHE: join(folder, "compiled") };
    const ours = await lastgood({ ...ourSide, env: { ...ourSide.env, ...compiled } });
    const [puts, gets, others]: [number[], number[], number[]] = [[], [], []];
    // The first round, which starts all of them for the first time, does not count.
    for (let round = 0; round <= Math.min(5, bench.size.rounds); round += 1) {
      const put = await timed(() => ours.put(file, "packs/a"));
      const get = await timed(async () => same(await ours.read("packs/a"), sha256));
      await ours.remove("packs/a");
      const other = await timed(() => rival.put(file, "packs/b"));
      await rival.remove("packs/b");
      if (round === 0) continue;
      puts.push(put);
      gets.push(get);
      others.push(other);
    }
    const [put, get, other] = [median(puts), median(gets), median(others)];
    bench.log(
      `${Math.round(bytes / 1e6)} MB to ${ourSide.type}: lastgood ${shown(put)}, ${rivalName} ${shown(other)}; read back by lastgood ${shown(get)}`,
    );
    return [atMost(1.2, `a stream to ${ourSide.type}`, rivalName, put / other)];
  } finally {
    await swift.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function lastgood({
  type,
  settings,
  env,
}: Omit<Contest, "rival" | "rivalName">): Promise<
  Uploader & { read(key: string): Promise<string> }
> {
  const ownership = { installation: randomUUID(), marker: randomUUID() };
  const signal = new AbortController().signal;
  const row = { type, settings, marker: ownership.marker };
  await initialiseProvider(row, ownership.installation, { env, signal });
  const run = async (act: string, key: string, input?: string): Promise<string> => {
    const given = [act, key, type, JSON.stringify(settings), JSON.stringify(ownership)];
    const args = [projectPath("bench/uploads.child.ts"), ...given];
    return await runFed(process.execPath, args, env, input);
  };
  return {
    put: (file, key) => run("put", key, file),
    read: (key) => run("get", key),
    remove: (key) => run("delete", key),
  };
}

/** Runs a program to its end, with a file as its input; what it printed. */
export async function runFed(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  input = "/dev/null",
): Promise<string> {
  const file = await open(input);
  try {
    const child = spawn(program, args, {
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...env },
      stdio: [file.fd, "pipe", "inherit"],
    });
    const { stdout } = child;
    if (stdout === null) throw new Error(`${program} has no output`);
    const [said, [status]] = await Promise.all([text(stdout), once(child, "exit")]);
    if (status !== 0) throw new Error(`${program} ended with status ${String(status)}`);
    return said;
  } finally {
    await file.close();
  }
}

/** Bytes that nothing compresses; their sha256. */
async function fill(path: string, size: number): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path, "w");
  try {
    for (let left = size; left > 0; left -= mega) {
      const block = randomBytes(Math.min(mega, left));
      hash.update(block);
      await file.write(block);
    }
  } finally {
    await file.close();
  }
  return hash.digest("hex");
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await act();
  return performance.now() - start;
}

function same(found: string, expected: string): void {
  if (found !== expected) throw new Error("what was read back is not what was put");
}

function shown(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
