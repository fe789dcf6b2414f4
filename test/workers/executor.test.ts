import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { backupsOf, changeProvider, verdictOf } from "../backup/crash.ts";
import { addFiles, usePlace } from "../backup/support.ts";
import { startLastgood } from "../support/background.ts";
import { waitFor } from "../support/wait.ts";
import { endExecutionLeases, useRuns } from "./runs.ts";

const place = usePlace();
const runs = useRuns(place);

describe("a run", () => {
  test("that was asked for makes a backup, which it names", async () => {
    const schedule = await runs.addSchedule();
    await runs.executor();
    await runs.runNow(schedule);
    const run = await runs.until(schedule, "SUCCESS");
    const [backup] = await backupsOf(place, runs.name);
    expect(backup).toMatchObject({ state: "COMPLETE", id: Number(run.backup_id) });
    expect(backup?.name).toMatch(/^yearly-\d{8}T\d{6}Z(?:-\d+)?$/);
    expect(await verdictOf(place, runs.name)).toMatchObject({ state: "ok" });
  });

  test("that is due is taken, once", async () => {
    const schedule = await runs.addSchedule();
    await runs.client.query(
      `update lastgood.schedule set next_run_at = date_trunc('second', clock_timestamp())
       where schedule_id = $1`,
      [schedule],
    );
    await Promise.all([runs.executor(), runs.executor()]);
    await runs.until(schedule, "SUCCESS");
    expect(await runs.executionsOf(schedule)).toHaveLength(1);
  });

  test("that waits does not wait for a long backlog to be taken", async () => {
    const waiting = await runs.addSchedule();
    const backlog = await runs.addSchedule({}, runs.name, "minutely");
    await runs.client.query(`
      update lastgood.schedule set pattern = '* * * * *' where schedule_id = ${backlog};
      update lastgood.schedule set next_run_at = next_run_at - interval '15 days'
      where schedule_id = ${backlog}`);
    await runs.runNow(waiting);
    await runs.executor();
    await runs.until(waiting, "SUCCESS");
    // The rest is not taken: it would take long.
    const { rows } = await runs.client.query(
      `update lastgood.schedule as s
       set next_run_at = clock_timestamp() + interval '1 day'
       from lastgood.schedule as old
       where s.schedule_id = $1 and old.schedule_id = $1
       returning old.next_run_at < clock_timestamp() - interval '1 day' as is_left`,
      [backlog],
    );
    expect(rows).toEqual([{ is_left: true }]);
  });

  test("whose provider fails is an ERROR with its reason", async () => {
    const schedule = await runs.addSchedule();
    await changeProvider(runs.client, runs.vault, { fail: "put::full" });
    const { log } = await runs.executor();
    await runs.runNow(schedule);
    expect(await runs.until(schedule, "ERROR")).toMatchObject({
      attempt: 1,
      reason: "put was asked to fail",
    });
    expect(log.count("put was asked to fail")).toBe(1);
    expect(await verdictOf(place, runs.name)).toMatchObject({ state: "missing" });
  });

  test("whose secret its worker lacks says which, and how to give it", async () => {
    const source = `secret${runs.name}`;
    await place.ok(
      ["source", "add", source, "--type", "postgresql", "--system", `${source}.example`],
      ["--scope", "db", "--set", "url=secret:nowhere"],
    );
    const schedule = await runs.addSchedule({}, source);
    const { log } = await runs.executor();
    await runs.runNow(schedule);
    expect(await runs.until(schedule, "ERROR")).toMatchObject({
      reason: 'the secret "nowhere" is not there',
    });
    expect(log.count("Set the variable LASTGOOD_SECRET_NOWHERE")).toBe(1);
  });

  test("that fails is tried again, in the same row", async () => {
    const schedule = await runs.addSchedule({ retries: 2, backoff: "10 milliseconds" });
    await changeProvider(runs.client, runs.vault, { fail: "open::unreachable" });
    await runs.executor();
    await runs.runNow(schedule);
    await waitFor(async () => ((await runs.executionsOf(schedule))[0]?.attempt ?? 0) > 1);
    await changeProvider(runs.client, runs.vault, { fail: null });
    const all = await waitFor(async () => {
      const found = await runs.executionsOf(schedule);
      return ["SUCCESS", "ERROR"].includes(found[0]?.state ?? "") ? found : undefined;
    });
    expect(all).toHaveLength(1);
  });

  test("that has only noop to go to is SKIPPED and reports no success", async () => {
    const schedule = await runs.addSchedule({ providers: ["noop"] });
    await runs.executor();
    await runs.runNow(schedule);
    expect(await runs.until(schedule, "SKIPPED")).toMatchObject({ reason: "no provider" });
    expect(await verdictOf(place, runs.name)).toMatchObject({ state: "missing" });
  });

  test("of a source with labels waits for a worker that has them", async () => {
    const schedule = await runs.addSchedule();
    await runs.client.query("update lastgood.source set labels = '{inside}' where name = $1", [
      runs.name,
    ]);
    const { log } = await runs.executor();
    await runs.runNow(schedule);
    await waitFor(() => log.count("checked the freshness") > 0);
    expect(await runs.executionsOf(schedule)).toMatchObject([{ state: "QUEUED" }]);
    await runs.executor({ labels: ["inside", "more"] });
    await runs.until(schedule, "SUCCESS");
  });
});

describe("a worker", () => {
  test("deletes what the schedule keeps no longer", async () => {
    const schedule = await runs.addSchedule({ keep_last: 1 });
    await runs.executor();
    for (let run = 1; run <= 3; run += 1) {
      await runs.runNow(schedule);
      await runs.until(schedule, "SUCCESS");
      await waitFor(async () => {
        const states = (await backupsOf(place, runs.name)).map(({ state }) => state);
        return states.length === run && states.filter((each) => each !== "DELETED").length === 1;
      });
    }
    const found = await runs.executionsOf(schedule);
    expect(found.map(({ state }) => state)).toEqual(["SUCCESS", "SUCCESS", "SUCCESS"]);
  });

  test("lets another schedule go first of what it keeps no longer, where its provider is full", async () => {
    const full = await runs.addSchedule();
    const other = `other${runs.name}`;
    await addFiles(place, other, join(place.folder, "source"));
    const schedule = await runs.addSchedule({}, other);
    await runs.executor();
    for (let run = 1; run <= 2; run += 1) {
      await runs.runNow(full);
      await runs.until(full, "SUCCESS");
    }
    await place.ok("schedule", "update", full, "--keep-last", "1");
    await place.ok("provider", "set", runs.vault, "--max-backups", "2");
    await runs.runNow(schedule);
    await runs.until(schedule, "SUCCESS");
    const states = (await backupsOf(place, runs.name)).map(({ state }) => state);
    expect(states).toEqual(["COMPLETE", "DELETED"]);
  });

  test("that is stopped hands over what runs, and another one runs it", async () => {
    const schedule = await runs.addSchedule();
    await changeProvider(runs.client, runs.vault, { hang: "put" });
    const first = await runs.executor();
    await runs.runNow(schedule);
    await runs.until(schedule, "RUNNING");
    await first.stop();
    expect(await runs.executionsOf(schedule)).toMatchObject([
      { state: "QUEUED", attempt: 1, reason: expect.stringContaining("handed over") as string },
    ]);
    await changeProvider(runs.client, runs.vault, { hang: null });
    await runs.executor();
    await runs.until(schedule, "SUCCESS");
  });

  test("that is killed leaves an INTERRUPTED run, and the schedule goes on", async () => {
    const schedule = await runs.addSchedule();
    await changeProvider(runs.client, runs.vault, { hang: "put" });
    const killed = startLastgood(["work"], { env: place.env });
    await killed.says("ready");
    await runs.runNow(schedule);
    await runs.until(schedule, "RUNNING");
    await waitFor(async () => (await backupsOf(place, runs.name)).length > 0);
    killed.child.kill("SIGKILL");
    await killed.ended();
    await changeProvider(runs.client, runs.vault, { hang: null });
    await endExecutionLeases(runs.client);
    await runs.executor();
    await runs.until(schedule, "INTERRUPTED");
    expect((await backupsOf(place, runs.name))[0]).toMatchObject({ state: "FAILED" });
    await runs.runNow(schedule);
    await runs.until(schedule, "SUCCESS");
  });

  test("gives up a run that is cancelled, and takes the next", { timeout: 40_000 }, async () => {
    const schedule = await runs.addSchedule();
    await changeProvider(runs.client, runs.vault, { hang: "put" });
    const { log } = await runs.executor({ concurrency: 1 });
    const run = await runs.runNow(schedule);
    await runs.until(schedule, "RUNNING");
    await runs.client.query("select lastgood.cancel_execution($1)", [run]);
    await runs.until(schedule, "CANCELLED");
    await changeProvider(runs.client, runs.vault, { hang: null });
    await runs.runNow(schedule);
    // Its next heartbeat tells the worker.
    await waitFor(() => log.count("is ours no more") > 0, { timeoutMs: 20_000 });
    expect(await runs.until(schedule, "SUCCESS")).toMatchObject({ attempt: 1 });
  });
});
