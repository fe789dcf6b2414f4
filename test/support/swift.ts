import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";
import { freePort } from "../../src/server/ports.ts";

/** A real Swift on loopback, with an S3 face; see swift.sh. */
export interface Swift {
  /** For Auth v1. */
  readonly authUrl: string;
  readonly user: string;
  readonly key: string;
  readonly account: string;
  /** Of that account. */
  readonly storageUrl: string;
  /** Path style; `user` and `key` are its keys. */
  readonly s3Endpoint: string;
  readonly s3Region: string;
  readonly port: number;
  /** Where its devices and logs are. */
  readonly folder: string;
  stop(): Promise<void>;
}

const script = fileURLToPath(new URL("swift.sh", import.meta.url));

const packages = {
  curl: "curl",
  memcached: "memcached",
  swift: "python3-swiftclient",
  "swift-ring-builder": "swift",
  "swift-account-server": "swift-account",
  "swift-container-server": "swift-container",
  "swift-object-server": "swift-object",
  "swift-proxy-server": "swift-proxy",
};

/** Why no Swift can be started here; undefined where it can. */
export function whyNoSwift(): string | undefined {
  const missing = Object.entries(packages).flatMap(([program, name]) =>
    existsSync(`/usr/bin/${program}`) ? [] : [name],
  );
  if (missing.length === 0) return undefined;
  return `no Swift can be started without Debian's packages ${missing.join(", ")}`;
}

export interface SwiftOfFile {
  /** Why there is none: `describe.skipIf(swift.whyNot !== undefined)`. */
  readonly whyNot: string | undefined;
  /** Within a test or a hook. */
  started(): Swift;
}

/**
 * A Swift for the tests of a file, from before the first of them until after the last, or until this
 * process is killed. Where none can be started it says why, and tests have to be skipped.
 */
export function useSwift(): SwiftOfFile {
  const whyNot = whyNoSwift();
  let started: Swift | undefined;
  if (whyNot === undefined) {
    beforeAll(async () => {
      started = await startSwift();
      // Seven seconds where nothing else runs.
    }, 180_000);
    afterAll(async () => {
      await started?.stop();
    });
  } else {
    console.warn(`SKIPPED: tests on Swift: ${whyNot}`);
  }
  return {
    whyNot,
    started() {
      if (started === undefined) throw new Error("there is a Swift only while a test runs");
      return started;
    },
  };
}

/**
 * Starts one; whoever does ends it. It ends by itself when this process is no more.
 *
 * @param keystoneUrl whose tokens it takes in place of those of Auth v1
 */
export async function startSwift(keystoneUrl?: string): Promise<Swift> {
  const folder = await mkdtemp(join(tmpdir(), "lastgood-swift-"));
  const ports = await freePorts(5);
  const [port = 0] = ports;
  const keystone = keystoneUrl === undefined ? [] : [keystoneUrl];
  const stop = await startUntilStopped(script, [folder, ...ports.map(String), ...keystone], folder);
  const url = `http://127.0.0.1:${port}`;
  return {
    authUrl: `${url}/auth/v1.0`,
    user: "test:tester",
    key: "testing",
    account: "AUTH_test",
    storageUrl: `${url}/v1/AUTH_test`,
    s3Endpoint: url,
    s3Region: "us-east-1",
    port,
    folder,
    stop,
  };
}

/**
 * Starts a script that says "ready" and then waits for the end of its input; returns what ends it and
 * removes its folder.
 */
export async function startUntilStopped(
  program: string,
  args: readonly string[],
  folder: string,
): Promise<() => Promise<void>> {
  const child = spawn(program, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], LC_ALL: "C" },
  });
  const stop = async (): Promise<void> => {
    await end(child);
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  };
  try {
    await ready(child, program);
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

/** Different ones: the system may give the same port again once it is closed. */
async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

async function ready(child: ChildProcess, program: string): Promise<void> {
  let said = "";
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes("ready")) resolve();
    });
    child.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    child.on("error", reject);
    child.on("close", () => reject(new Error(`${program} did not start: ${said}`)));
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close");
  child.stdin?.end();
  await closed;
}
