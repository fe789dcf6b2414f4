import * as fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { Backups } from "../../../src/admin/backups.ts";
import { Executions } from "../../../src/admin/executions.ts";
import { Retention } from "../../../src/admin/retention.ts";
import { claimed, complete, runNow, start } from "../../support/calendar.ts";
import { addCatalogue, copyId } from "../../support/catalogue.ts";
import { addSchedule } from "../../support/retention.ts";
import { useSession } from "../../support/session.ts";

// A schedule that is only incremental, run day after day through the functions that workers call.

const session = useSession();

beforeEach(async () => {
  await addCatalogue(session.client);
});

const some = fc.option(fc.integer({ min: 1, max: 5 }));
const policies = fc
  .record({ keep_last: some, keep_daily: some, keep_weekly: some, keep_monthly: some })
  .filter((policy) => Object.values(policy).some((kept) => kept !== null));

type Outcome = "COMPLETE" | "PARTIAL" | "FAILED" | "CORRUPT";
const outcome = fc.constantFrom<Outcome>(
  ...Array.from({ length: 9 }, () => "COMPLETE" as const),
  "PARTIAL",
  "FAILED",
  "CORRUPT",
);

/** Runs the schedule as a worker does, on this day of 2025, and lets go of what it keeps no longer. */
async function runOn(day: number, schedule: number, became: Outcome): Promise<void> {
  const { client } = session;
  await runNow(client, schedule);
  const execution = await claimed(client);
  const backup = await start(client, execution);
  const backups = new Backups(client);
  if (became === "FAILED") await backups.fail(backup.backup_id, backup.token, "no luck");
  else await complete(client, backup, became === "PARTIAL" ? [{ path: "a", reason: "gone" }] : []);
  const state = await new Executions(client).finish(execution);
  await client.query(
    `update lastgood.backup set started_at = date '2025-01-01' + $2::integer,
       ended_at = date '2025-01-01' + $2::integer + interval '1 minute'
     where backup_id = $1`,
    [backup.backup_id, day],
  );
  if (state === "SUCCESS") {
    for (const { backup_copy_id: id } of (await new Retention(client).expire(schedule)).copies) {
      await backups.finishCopyDelete(id);
    }
  }
  if (became === "CORRUPT") {
    await backups.recordVerification(copyId(backup), { level: 2, result: "corrupt" });
  }
}

interface Left {
  readonly id: number;
  readonly day: number;
  readonly state: string;
  readonly is_sound: boolean;
  /** How many backups it takes, itself too; null where one of them is gone. */
  readonly length: number | null;
}

async function left(): Promise<Left[]> {
  const { rows } = await session.client.query<Left>(
    `select backup_id::integer as id, started_at::date - date '2025-01-01' as day, state,
       state = 'COMPLETE' and proof_level is not null as is_sound,
       lastgood.chain_length(backup_id) as length
     from lastgood.backup_summary
     where state in ('COMPLETE', 'PARTIAL') order by backup_id`,
  );
  return rows;
}

async function inTurn(work: () => Promise<void>): Promise<void> {
  await session.client.query("savepoint attempt");
  try {
    await work();
  } finally {
    await session.client.query("rollback to savepoint attempt");
  }
}

const numRuns = Number(process.env["LASTGOOD_PROPERTY_RUNS"] ?? 2);

test("what is kept can be restored, and is bounded, whatever the runs became", async () => {
  await fc.assert(
    fc.asyncProperty(
      policies,
      fc.integer({ min: 2, max: 6 }),
      fc.array(outcome, { minLength: 25, maxLength: 45 }),
      async (policy, limit, outcomes) => {
        await inTurn(async () => {
          const settings = { kind: "incremental", max_chain: limit, ...policy };
          const schedule = await addSchedule(session.client, settings);
          const rules = Object.values(policy).filter((kept) => kept !== null);
          // Each rule may keep the oldest one, too; then the newest, the last good and a proven one.
          const anchors = rules.reduce((sum, kept) => sum + kept + 1, 3);
          for (const [day, became] of outcomes.entries()) {
            await runOn(day, schedule, became);
            const all = await left();
            const whole = all.filter(({ state }) => state === "COMPLETE");
            for (const { length } of whole) {
              expect(length).not.toBeNull();
              expect(length).toBeLessThanOrEqual(limit);
            }
            // What is younger than the newest sound one waits for the next.
            const younger = all.length - 1 - all.findLastIndex(({ is_sound: isSound }) => isSound);
            expect(all.length - younger).toBeLessThanOrEqual(anchors * limit + limit);
          }
        });
      },
    ),
    { numRuns },
  );
}, 600_000);

test("keep_last: never more than it asks for and the rest of one chain, and old chains go whole", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 2, max: 5 }),
      async (kept, limit) => {
        await inTurn(async () => {
          const settings = { kind: "incremental", max_chain: limit, keep_last: kept };
          const schedule = await addSchedule(session.client, settings);
          for (let day = 0; day < 4 * limit + kept; day += 1) {
            await runOn(day, schedule, "COMPLETE");
            const days = (await left()).map((each) => each.day);
            // From the head of the chain in which the oldest that is asked for is, to today.
            const oldest = Math.max(0, day - kept + 1);
            const head = oldest - (oldest % limit);
            expect(days).toEqual(Array.from({ length: day - head + 1 }, (_, n) => head + n));
          }
        });
      },
    ),
    { numRuns },
  );
}, 600_000);
