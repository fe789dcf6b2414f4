import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { BackupRow } from "../../src/dao/backup.ts";
import type { ProviderRow } from "../../src/dao/provider.ts";
import { backupsOf, changeProvider, expectTidy } from "../backup/crash.ts";
import { usePlace } from "../backup/support.ts";
import { waitFor } from "../support/wait.ts";
import { useRuns } from "./runs.ts";

// A provider at which nothing can be deleted for a while, and no further run of the schedule.

const place = usePlace();
const runs = useRuns(place);

async function states(): Promise<string[]> {
  return (await backupsOf(place, runs.name)).map(({ state }: BackupRow) => state);
}

/** Lets time pass until the next try is due. */
async function wait(): Promise<void> {
  await runs.client.query(
    `update lastgood.provider set sweep_at = clock_timestamp() - interval '1 second'
     where name = $1 and sweep_at is not null`,
    [runs.vault],
  );
}

async function vault(): Promise<ProviderRow> {
  return await place.json<ProviderRow>("provider", "show", runs.vault);
}

/** Two backups of a schedule that keeps one, and faults that come once the second is complete. */
async function failToDelete(fail: string): Promise<void> {
  const schedule = await runs.addSchedule({ keep_last: 1 });
  const first = await runs.executor({ sweepMs: 60_000 });
  await runs.runNow(schedule);
  await runs.until(schedule, "SUCCESS");
  await writeFile(join(place.folder, "source", "note"), runs.name.repeat(1000));
  await changeProvider(runs.client, runs.vault, { fail });
  await runs.runNow(schedule);
  await waitFor(async () => (await states()).includes("DELETE_FAILED"));
  await first.stop();
}

test("what schedules could not delete is tried again by workers until it is gone", async () => {
  await failToDelete("delete");
  expect(await vault()).toMatchObject({
    sweep_failures: 1,
    sweep_error: "delete was asked to fail",
  });
  const { log } = await runs.executor({ sweepMs: 50 });
  const told = (): number => log.count(`what is left at ${runs.vault} could not be removed`);
  expect(told()).toBe(0);
  await wait();
  await waitFor(() => told() === 1);
  expect(await vault()).toMatchObject({ sweep_failures: 2 });
  const found = await place.run("doctor");
  expect(found.output).toMatch(/could not be removed: \d+, tried 2 times/);
  // The provider is back.
  await changeProvider(runs.client, runs.vault, { fail: null });
  await wait();
  await waitFor(async () => (await states()).join() === "COMPLETE,DELETED");
  await waitFor(() => log.count(`removed what was left at ${runs.vault}`) === 1);
  expect(await vault()).toMatchObject({ leftovers: 0, sweep_at: null, sweep_error: null });
  await expectTidy(place, runs.client, runs.vault);
  expect((await place.run("doctor")).output).not.toContain("could not be removed");
});

test("what somebody was deleting who died is deleted by a worker", async () => {
  const schedule = await runs.addSchedule();
  const first = await runs.executor({ sweepMs: 60_000 });
  for (let run = 1; run <= 2; run += 1) {
    await writeFile(join(place.folder, "source", "note"), `${runs.name}${run}`.repeat(1000));
    await runs.runNow(schedule);
    await waitFor(async () => (await states()).filter((one) => one === "COMPLETE").length === run);
  }
  await first.stop();
  const [, older] = await backupsOf(place, runs.name);
  await runs.client.query("select lastgood.start_delete($1)", [older?.id]);
  await runs.executor({ sweepMs: 50 });
  // It is seen, and left alone for a while.
  await waitFor(async () => (await vault()).sweep_at !== null);
  expect(await states()).toEqual(["COMPLETE", "DELETING"]);
  await wait();
  await waitFor(async () => (await states()).join() === "COMPLETE,DELETED");
  await expectTidy(place, runs.client, runs.vault);
});

test("a provider that cannot be opened is tried again, too", async () => {
  await failToDelete("delete");
  await changeProvider(runs.client, runs.vault, { fail: "open::unreachable" });
  const { log } = await runs.executor({ sweepMs: 50 });
  await wait();
  await waitFor(() => log.count(`what is left at ${runs.vault} could not be removed`) === 1);
  expect(await vault()).toMatchObject({ sweep_failures: 2, leftovers: expect.any(Number) });
  await changeProvider(runs.client, runs.vault, { fail: null });
  await wait();
  await waitFor(async () => (await states()).join() === "COMPLETE,DELETED");
});
