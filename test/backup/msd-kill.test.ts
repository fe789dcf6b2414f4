import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import {
  backupsOf,
  endLeases,
  isSlow,
  runTo,
  spread,
  startToStop,
  useCatalogue,
  verdictOf,
} from "./crash.ts";
import { addDomain, addMachines, goodRounds, objectsOf, writeRound } from "./msd-support.ts";
import { usePlace } from "./support.ts";

const place = usePlace();
const catalogue = useCatalogue(place);
let count = 0;
let [name, folder] = ["", ""];
let args: string[] = [];

beforeEach(async () => {
  count += 1;
  [name, args] = [`vms${count}`, ["backup", "create", `vms${count}`, "--provider", `d${count}`]];
  await addMachines(place, name);
  folder = await addDomain(place, `d${count}`);
});

async function back(round: number): Promise<void> {
  await writeRound(place, round);
  await place.ok(args);
}

async function newestGood(): Promise<number> {
  const rows = await backupsOf(place, name);
  return rows.filter(({ is_good: isGood }) => isGood).length;
}

/** Nothing but two good stores, and nothing half-made. */
async function expectTidy(rounds: readonly number[]): Promise<void> {
  expect(await goodRounds(folder, name)).toEqual(rounds);
  expect(await objectsOf(folder)).toEqual(
    [0, 1].flatMap((slot) => ["json", "tar"].map((kind) => `${name}/ovf_store_${slot}.${kind}`)),
  );
  expect(await readdir(join(folder, ".incomplete"))).toEqual([]);
  expect(await readdir(join(place.folder, "scratch"))).toEqual([]);
}

/** What a backup does below the folder of the provider; both stores are there. */
async function stepsOfOne(): Promise<readonly string[]> {
  await back(1);
  await back(2);
  await writeRound(place, 3);
  const { end, steps } = await runTo(place, args, { below: folder });
  expect(end).toBe(0);
  return steps;
}

describe("killed as by kill -9", () => {
  test("in each step of a backup, the newest good one stays, and the next one is whole", async () => {
    const steps = await stepsOfOne();
    let newest = 3;
    for (const nth of spread(steps.length, isSlow ? Infinity : 7)) {
      const context = `${nth}: ${steps[nth - 1]}`;
      const before = await verdictOf(place, name);
      await writeRound(place, newest + 1);
      const { end } = await runTo(place, args, { below: folder, nth });
      expect([context, end]).toEqual([context, "SIGKILL"]);
      expect([context, await goodRounds(folder, name)]).toEqual([
        context,
        expect.arrayContaining([newest]),
      ]);
      expect(await newestGood()).toBeGreaterThan(0);
      expect(await verdictOf(place, name)).toEqual(before);
      await endLeases(catalogue.client);
      await back(newest + 2);
      await expectTidy([newest, newest + 2]);
      newest += 2;
    }
  }, 600_000);

  test("one after the other, however often, the newest good one stays", async () => {
    const steps = await stepsOfOne();
    for (const nth of spread(steps.length, isSlow ? Infinity : 5)) {
      await writeRound(place, 100 + nth);
      const { end } = await runTo(place, args, { below: folder, nth });
      await endLeases(catalogue.client);
      // With one store left there is nothing to remove, and so fewer steps.
      if (end === 0 && nth > steps.length - 6) break;
      const rounds = await goodRounds(folder, name);
      expect([nth, end, rounds]).toEqual([nth, "SIGKILL", expect.arrayContaining([3])]);
    }
    await back(200);
    expect(await goodRounds(folder, name)).toEqual([expect.any(Number), 200]);
  }, 600_000);

  test("the very first one leaves nothing that counts", async () => {
    await writeRound(place, 1);
    const { steps } = await runTo(place, args, { below: folder });
    const next = `${name}-b`;
    await place.ok(
      ["source", "add", next, "--type", "ovf", "--system", `${next}.example`],
      ["--scope", "files", "--set", `path=${join(place.folder, "ovf")}`],
    );
    const other = args.with(2, next);
    for (const nth of spread(steps.length, isSlow ? Infinity : 4)) {
      const { end } = await runTo(place, other, { below: folder, nth });
      expect(end).toBe("SIGKILL");
      await endLeases(catalogue.client);
    }
    expect((await backupsOf(place, next)).filter((each) => each.is_good)).toEqual([]);
    await place.ok(other);
    expect(await goodRounds(folder, next)).toEqual([1]);
  }, 600_000);
});

test("one that was asleep while another took its place does no harm that lasts", async () => {
  const steps = await stepsOfOne();
  let newest = 3;
  for (const nth of spread(steps.length, isSlow ? Infinity : 5)) {
    const context = `${nth}: ${steps[nth - 1]}`;
    await writeRound(place, newest + 1);
    const asleep = await startToStop(place, args, { below: folder, nth });
    await endLeases(catalogue.client);
    await back(newest + 2);
    asleep.child.kill("SIGCONT");
    expect([context, await asleep.ended()]).not.toEqual([context, 0]);
    // Between its last look and what it does then it may hit the other one: the older one is left.
    const rounds = await goodRounds(folder, name);
    const isHit = / (?:rename|unlink) \/vms/.test(context) && !rounds.includes(newest + 2);
    expect([context, rounds]).toEqual([context, isHit ? [newest] : [newest, newest + 2]]);
    await writeRound(place, newest + 3);
    const next = await place.run(args);
    expect([context, next.status, next.errors.includes(" is bad: ")]).toEqual([context, 0, isHit]);
    newest += 3;
    expect(await goodRounds(folder, name)).toContain(newest);
    expect(await goodRounds(folder, name)).toHaveLength(2);
  }
}, 600_000);
