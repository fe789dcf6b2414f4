import * as fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { Retention } from "../../../src/admin/retention.ts";
import { addCatalogue } from "../../support/catalogue.ts";
import { addBackups, addSchedule, planOf } from "../../support/retention.ts";
import { useSession } from "../../support/session.ts";

const session = useSession();

beforeEach(async () => {
  await addCatalogue(session.client);
});

const states = ["COMPLETE", "COMPLETE", "COMPLETE", "PARTIAL", "FAILED", "DELETE_FAILED"] as const;

/** Backups in their order; hours since the one before, and on which of those before it builds. */
const histories = fc.array(
  fc.record({
    hours: fc.integer({ min: 1, max: 400 }),
    state: fc.constantFrom(...states),
    level: fc.constantFrom(1, 2, 3),
    isCorrupt: fc.nat(9).map((n) => n === 0),
    held: fc.nat(9).map((n) => n === 0),
    parent: fc.option(fc.nat(4), { freq: 2 }),
    isForeign: fc.nat(9).map((n) => n === 0),
  }),
  { minLength: 1, maxLength: 14 },
);

const some = fc.option(fc.integer({ min: 1, max: 4 }));
const policies = fc.record({
  keep_last: some,
  keep_hourly: some,
  keep_daily: some,
  keep_weekly: some,
  keep_monthly: some,
  keep_yearly: some,
  keep_proven: fc.integer({ min: 1, max: 3 }),
});

interface Known {
  readonly id: number;
  readonly state: string;
  readonly isSound: boolean;
  readonly isProven: boolean;
  readonly isGood: boolean;
  readonly held: boolean;
  readonly parent: number | undefined;
  readonly isForeign: boolean;
}

/** Writes the history; each backup may build on a COMPLETE one before it. */
async function write(
  schedule: number,
  history: (typeof histories extends fc.Arbitrary<infer T> ? T : never) & readonly unknown[],
): Promise<Known[]> {
  const known: Known[] = [];
  let time = Date.UTC(2025, 0, 1);
  for (const { hours, state, level, isCorrupt, held, parent, isForeign } of history) {
    time += hours * 3_600_000;
    const base = parent === null ? undefined : known.at(-1 - parent);
    const on = base?.state === "COMPLETE" ? base.id : undefined;
    const [id = 0] = await addBackups(session.client, schedule, [
      {
        at: new Date(time).toISOString(),
        state,
        level,
        ...(isCorrupt && state === "COMPLETE" ? { copy: "CORRUPT" } : {}),
        held: held && state === "COMPLETE",
        parent: on,
        schedule: isForeign ? null : schedule,
      },
    ]);
    const isSound = state === "COMPLETE" && !isCorrupt;
    known.push({
      id,
      state,
      isSound,
      isGood: isSound && level >= 2,
      isProven: isSound && level >= 2,
      held: held && state === "COMPLETE",
      parent: on,
      isForeign,
    });
  }
  return known;
}

/** Why a backup of the schedule must not go, after those in `gone` went; undefined where it may. */
function need(each: Known, all: readonly Known[], gone: ReadonlySet<number>): string | undefined {
  const mine = all.filter(({ isForeign }) => !isForeign);
  const newest = mine.findLast(({ isSound }) => isSound);
  if (each.held) return "it is held";
  if (newest === undefined || each.id >= newest.id) return "nothing newer is complete";
  if (each === all.findLast(({ isGood }) => isGood)) return "it is the last good one";
  if (each === all.findLast(({ isProven }) => isProven)) return "it is the newest proven one";
  const child = all.find(
    ({ id, parent, state }) => parent === each.id && state !== "FAILED" && !gone.has(id),
  );
  return child === undefined ? undefined : `${child.id} builds on it`;
}

test("nothing that is needed ever goes, and all else that is kept by nothing does", async () => {
  await session.client.query("select lastgood.set_config_value('BackupRequiredProofLevel', '2')");
  await fc.assert(
    fc.asyncProperty(histories, policies, async (history, policy) => {
      await session.client.query("savepoint attempt");
      try {
        const schedule = await addSchedule(session.client, policy);
        const known = await write(schedule, history);
        const plan = await planOf(session.client, schedule);
        const { backups } = await new Retention(session.client).expire(schedule);
        const gone = new Set(backups.map(({ backup_id: id }) => id));
        // What the plan lets go went, and nothing else.
        const going = plan.filter((row) => !row.is_kept).map(({ id }) => id);
        expect([...gone].toSorted((a, b) => b - a)).toEqual(going.toSorted((a, b) => b - a));
        for (const each of known.filter(
          ({ id, state }) => gone.has(id) && state !== "DELETE_FAILED",
        )) {
          expect([each.id, need(each, known, gone)]).toEqual([each.id, undefined]);
        }
        const proven = known.filter((each) => each.isProven && !each.isForeign);
        const left = proven.filter(({ id }) => !gone.has(id));
        expect(left.length).toBeGreaterThanOrEqual(Math.min(policy.keep_proven, proven.length));
        const { keep_proven: _, ...counts } = policy;
        const keepsAll = Object.values(counts).every((n) => n === null);
        const whole = known.filter((each) => each.state !== "DELETE_FAILED" && gone.has(each.id));
        expect(keepsAll && whole.length > 0).toBe(false);
        // A second time there is nothing left to decide.
        expect((await new Retention(session.client).expire(schedule)).backups).toEqual([]);
      } finally {
        await session.client.query("rollback to savepoint attempt");
      }
    }),
    { numRuns: Number(process.env["LASTGOOD_PROPERTY_RUNS"] ?? 40) },
  );
}, 600_000);
