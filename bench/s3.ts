import { spawn } from "node:child_process";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { s3 as type } from "../src/providers/s3.ts";
import { parseSettings } from "../src/settings.ts";
import { startSwift, type Swift } from "../test/support/swift.ts";
import { atMost, type Bench, type Benchmark, type Measurement, median } from "./harness.ts";
import { projectPath } from "./processes.ts";

const mega = 1024 * 1024;

/** Stores and reads one object; each act is a process. */
interface Uploader {
  put(file: string, key: string): Promise<unknown>;
  remove(key: string): Promise<unknown>;
}

/** One long stream to a bucket on loopback, with sha256 and MD5, against rclone. */
export const s3: Benchmark = {
  name: "s3",
  async run(bench: Bench): Promise<Measurement[]> {
    const folder = await mkdtemp(join(tmpdir(), "lastgood-bench-"));
    const swift = await startSwift();
    try {
      const file = join(folder, "bytes");
      const bytes = Math.max(12 * mega, bench.size.rows * 100);
      const sha256 = await fill(file, bytes);
      const ours = await lastgood(swift);
      const [puts, gets, others]: [number[], number[], number[]] = [[], [], []];
      // The first round, which starts all of them for the first time, does not count.
      for (let round = 0; round <= Math.min(5, bench.size.rounds); round += 1) {
        const put = await timed(() => ours.put(file, "packs/a"));
        const get = await timed(async () => same(await ours.read("packs/a"), sha256));
        await ours.remove("packs/a");
        const rival = rclone(swift);
        const other = await timed(() => rival.put(file, "packs/b"));
        await rival.remove("packs/b");
        if (round === 0) continue;
        puts.push(put);
        gets.push(get);
        others.push(other);
      }
      const [put, get, other] = [median(puts), median(gets), median(others)];
      bench.log(
        `${Math.round(bytes / 1e6)} MB to S3: lastgood ${shown(put)}, rclone ${shown(other)}; read back by lastgood ${shown(get)}`,
      );
      return [atMost(1.2, "a stream to S3", "rclone rcat", put / other)];
    } finally {
      await swift.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function lastgood(swift: Swift): Promise<Uploader & { read(key: string): Promise<string> }> {
  const settings = {
    endpoint: swift.s3Endpoint,
    bucket: "backups",
    access_key: "secret:s3_access",
    secret_key: "secret:s3_secret",
  };
  const env = { LASTGOOD_SECRET_S3_ACCESS: swift.user, LASTGOOD_SECRET_S3_SECRET: swift.key };
  const ownership = { installation: randomUUID(), marker: randomUUID() };
  const signal = new AbortController().signal;
  await type.initialise(parseSettings(type, settings), ownership, { env, signal });
  const run = async (act: string, key: string, input?: string): Promise<string> => {
    const given = [act, key, JSON.stringify(settings), JSON.stringify(ownership)];
    return await runFed(process.execPath, [projectPath("bench/s3.child.ts"), ...given], env, input);
  };
  return {
    put: (file, key) => run("put", key, file),
    read: (key) => run("get", key),
    remove: (key) => run("delete", key),
  };
}

function rclone(swift: Swift): Uploader {
  const env = {
    // Nothing of what it keeps for people.
    RCLONE_CONFIG: "/dev/null",
    RCLONE_CONFIG_BENCH_TYPE: "s3",
    RCLONE_CONFIG_BENCH_PROVIDER: "Other",
    RCLONE_CONFIG_BENCH_ENDPOINT: swift.s3Endpoint,
    RCLONE_CONFIG_BENCH_REGION: swift.s3Region,
    RCLONE_CONFIG_BENCH_ACCESS_KEY_ID: swift.user,
    RCLONE_CONFIG_BENCH_SECRET_ACCESS_KEY: swift.key,
    RCLONE_CONFIG_BENCH_FORCE_PATH_STYLE: "true",
    RCLONE_CONFIG_BENCH_NO_CHECK_BUCKET: "true",
  };
  return {
    put: (file, key) => runFed("rclone", ["rcat", "--quiet", `bench:backups/${key}`], env, file),
    remove: (key) => runFed("rclone", ["deletefile", `bench:backups/${key}`], env),
  };
}

/** Runs a program to its end, with a file as its input; what it printed. */
async function runFed(
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
