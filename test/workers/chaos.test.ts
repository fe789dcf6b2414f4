import { randomBytes, randomInt } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { contentsOf, startRun } from "../backup/crash.ts";
import { addFiles, addVault, usePlace } from "../backup/support.ts";
import type { Background } from "../support/background.ts";
import { temporaryFolder } from "../support/folder.ts";
import { waitFor } from "../support/wait.ts";
import { addBacklog, countStates, endSchedule, expectAccounted } from "./accounts.ts";
import { expectAllRestore, expectSwept } from "./accounts.ts";
import { endExecutionLeases, useRuns } from "./runs.ts";

const place = usePlace();
const runs = useRuns(place);

const isExhaustive = process.env["LASTGOOD_EXHAUSTIVE_TESTS"] === "1";
const workers = isExhaustive ? 4 : 2;
const harmMs = isExhaustive ? 180_000 : 10_000;
const slots = isExhaustive ? 600 : 30;

const preloads = ["clock.child.ts", "host.child.ts"].map((name) =>
  fileURLToPath(new URL(name, import.meta.url)),
);

/** Numbers that are the same whenever the seed is: mulberry32. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}

interface Plan {
  readonly source: string;
  readonly vault: string;
  readonly folder: string;
  readonly schedule: string;
}

/** A source with a place of its own and a schedule of every minute that has much to catch up with. */
async function addPlan(layout: "pack" | "tree", options: object): Promise<Plan> {
  const [source, vault] = [`${layout}-${runs.name}`, `${layout}-${runs.vault}`];
  const folder = join(place.folder, source);
  await mkdir(folder);
  await writeFile(join(folder, "constant"), randomBytes(1_500_000));
  await writeFile(join(folder, "changing"), "0\n");
  await addFiles(place, source, folder);
  await addVault(place, vault, "--layout", layout);
  const schedule = await addBacklog(runs.client, source, slots, { providers: [vault], ...options });
  return { source, vault, folder, schedule };
}

/** Worker processes that are killed, or asked to stop, and followed by others. */
class Herd {
  readonly #roll: (sides: number) => number;
  readonly #alive: Background[] = [];
  readonly #dead: number[] = [];
  #added = 0;
  readonly counts = { killed: 0, stopped: 0 };

  constructor(roll: (sides: number) => number) {
    this.#roll = roll;
  }

  get dead(): readonly number[] {
    return this.#dead;
  }

  /** On one of two hosts, with a clock that is right, ten minutes ahead or as much behind. */
  add(): void {
    const host = `host${this.#added % 2}`;
    const off = (((this.#added % 3) + 1) % 3) - 1;
    this.#added += 1;
    const work = startRun(place, ["work", "--concurrency", "2", "--patience", "1"], {
      NODE_OPTIONS: preloads.map((path) => `--import=${path}`).join(" "),
      LASTGOOD_TEST_HOST: host,
      // What is left there is removed by the next run on that host.
      TMPDIR: join(place.folder, host),
      LASTGOOD_TEST_CLOCK_OFF_MS: String(off * 600_000),
    });
    this.#alive.push(work);
  }

  /** One of them ends, and another one begins. */
  async harm(): Promise<void> {
    const kind = (["killed", "killed", "stopped"] as const)[this.#roll(3)] ?? "killed";
    const index = this.#roll(this.#alive.length);
    const victim = this.#alive[index];
    if (victim === undefined) return;
    this.counts[kind] += 1;
    this.#alive.splice(index, 1);
    this.add();
    victim.child.kill(kind === "killed" ? "SIGKILL" : "SIGTERM");
    await victim.ended();
    this.#dead.push(Number(victim.child.pid));
  }

  /** Lets them all end what they do; how they ended, those that did not end well. */
  async end(): Promise<string[]> {
    const bad: string[] = [];
    for (const each of this.#alive) {
      await each.says('"msg":"ready"');
      each.child.kill("SIGTERM");
      const status = await each.ended();
      if (status !== 0) bad.push(`${status}: ${each.stderr()}`);
    }
    return bad;
  }
}

/** Restores into a folder and compares: the second file is of any moment. */
async function restores({ folder }: Plan, id: number): Promise<void> {
  const target = join(await temporaryFolder(), "restored");
  await place.ok("restore", "create", String(id), "--to", target);
  const [found, wanted] = [await contentsOf(target), await contentsOf(folder)];
  expect(found.get("constant") === wanted.get("constant")).toBe(true);
  expect(found.get("changing")).toMatch(/^\d+\n$/);
  expect([...found.keys()].toSorted()).toEqual(["changing", "constant"]);
}

test(
  "workers that are killed at random account for every slot once, and keep only what can be restored",
  { timeout: harmMs * 2 + 180_000 },
  async () => {
    const seed = Number(process.env["LASTGOOD_TEST_SEED"] ?? randomInt(2 ** 31));
    console.info(`LASTGOOD_TEST_SEED=${seed}`);
    const roll = dice(seed);
    const plans = [
      await addPlan("pack", { retries: 3, backoff: "50 milliseconds" }),
      await addPlan("tree", {}),
    ];
    const schedules = plans.map(({ schedule }) => schedule);
    for (const host of ["host0", "host1"]) await mkdir(join(place.folder, host));
    const herd = new Herd(roll);
    for (let each = 0; each < workers; each += 1) herd.add();
    const until = Date.now() + harmMs;
    for (let round = 1; Date.now() < until; round += 1) {
      const isBusy = async (): Promise<boolean> =>
        (await countStates(runs.client, schedules, "RUNNING")) > 0;
      await waitFor(isBusy, { what: "a run" });
      await delay(roll(isExhaustive ? 1_000 : 300));
      // Never half-written.
      for (const { folder } of plans) {
        await writeFile(join(place.folder, "next"), `${round}\n`);
        await rename(join(place.folder, "next"), join(folder, "changing"));
      }
      await herd.harm();
      await endExecutionLeases(runs.client, herd.dead);
    }
    for (const schedule of schedules) {
      // However slow this machine is.
      const isRun = async (): Promise<boolean> => {
        await endExecutionLeases(runs.client, herd.dead);
        return (await countStates(runs.client, [schedule], "SUCCESS")) > 0;
      };
      await waitFor(isRun, { timeoutMs: 60_000, what: "a run that succeeds" });
      await endSchedule(runs.client, schedule);
    }
    await waitFor(
      async () => {
        await endExecutionLeases(runs.client, herd.dead);
        for (const schedule of schedules) await endSchedule(runs.client, schedule);
        return (await countStates(runs.client, schedules, "QUEUED", "RUNNING")) === 0;
      },
      { timeoutMs: 60_000, what: "all runs to end" },
    );
    expect(await herd.end()).toEqual([]);
    const { rows: hosts } = await runs.client.query<{ host: string }>(
      "select distinct host from lastgood.execution where host is not null order by host",
    );
    expect(hosts.map(({ host }) => host)).toEqual(["host0", "host1"]);
    for (const plan of plans) {
      const states = await expectAccounted(runs.client, plan.schedule);
      console.info(plan.source, Object.fromEntries(states), herd.counts);
      await expectAllRestore(place, plan.source, async (id) => restores(plan, id));
      await expectSwept(place, runs.client, plan.source, plan.vault);
    }
  },
);
