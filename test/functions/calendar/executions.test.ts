import { beforeEach, describe, expect, test } from "vitest";
import { Executions } from "../../../src/admin/executions.ts";
import {
  addSchedule,
  claim,
  claimed,
  complete,
  endBackoff,
  executionOf,
  planAt,
  running,
  start,
} from "../../support/calendar.ts";
import {
  addCatalogue,
  codeOf,
  eventsOf,
  makeBackup,
  rowOf,
  strange,
} from "../../support/catalogue.ts";
import { at, useSession } from "../../support/session.ts";

const session = useSession();
let executions: Executions;
beforeEach(async () => {
  executions = new Executions(session.client);
  await addCatalogue(session.client);
});

async function failures(): Promise<string[]> {
  return (await eventsOf(session.client, "ENGINE_BACKUP_FAILED")).map(({ message }) => message);
}

describe("an execution ends by its backup", () => {
  test("SUCCESS where it is COMPLETE, whatever the worker says", async () => {
    const { client } = session;
    const execution = await running(client, { name: "nightly" });
    await complete(client, await start(client, execution));
    const failure = { error: "I think it broke", code: undefined };
    expect(await executions.finish(execution, failure)).toBe("SUCCESS");
    const row = await executionOf(client, execution.execution_id);
    expect(row).toMatchObject({
      state: "SUCCESS",
      reason: null,
      attempt: 1,
      worker: "worker-1",
      backup_state: "COMPLETE",
      output: { status: "SUCCESS", backup_id: row.backup_id, error: null },
    });
    expect(row.finished_at).not.toBeNull();
  });

  test("PARTIAL where something could not be read", async () => {
    const { client } = session;
    const execution = await running(client);
    await complete(client, await start(client, execution), [{ path: "a", reason: "gone" }]);
    expect(await executions.finish(execution)).toBe("PARTIAL");
    const reason = "1 could not be read, such as a: gone";
    expect(await executionOf(client, execution.execution_id)).toMatchObject({
      reason,
      output: { status: "PARTIAL", error: reason },
    });
  });

  test("ERROR where it failed after it was accepted", async () => {
    const { client } = session;
    const execution = await running(client);
    const { backup_id: id, token } = await start(client, execution);
    await client.query("select lastgood.fail_backup($1, $2, 'disk full')", [id, token]);
    expect(await executions.finish(execution)).toBe("ERROR");
    expect(await executionOf(client, execution.execution_id)).toMatchObject({
      reason: "disk full",
      output: { status: "ERROR", backup_id: id, error: "disk full" },
    });
  });

  test("ERROR where the worker says nothing of a backup that still runs: that has failed", async () => {
    const { client } = session;
    const execution = await running(client);
    const backup = await start(client, execution);
    expect(await executions.finish(execution)).toBe("ERROR");
    expect((await rowOf(client, backup)).state).toBe("FAILED");
    expect(await codeOf(client, async () => complete(client, backup))).toBe("LG035");
    expect(await failures()).toEqual(["The backup failed: no backup was completed."]);
  });

  test("ERROR where it never had one, and that is reported for its scope", async () => {
    const execution = await running(session.client, { name: "nightly" });
    const failure = { error: "no such host", code: undefined };
    expect(await executions.finish(execution, failure)).toBe("ERROR");
    expect(await eventsOf(session.client, "ENGINE_BACKUP_FAILED")).toEqual([
      {
        name: "ENGINE_BACKUP_FAILED",
        message: 'The run of schedule "nightly" failed: no such host.',
        fqdn: "engine.test",
        scope: "files",
      },
    ]);
  });

  test("SKIPPED where no provider keeps bytes, and nothing is reported", async () => {
    const { client } = session;
    const execution = await running(client, { providers: ["noop"], retries: 3 });
    expect(await codeOf(client, async () => start(client, execution))).toBe("LG030");
    const failure = { error: "there is no provider", code: "LG030" };
    expect(await executions.finish(execution, failure)).toBe("SKIPPED");
    expect(await executionOf(client, execution.execution_id)).toMatchObject({
      reason: "no provider",
      backup_id: null,
    });
    expect(await failures()).toEqual([]);
    expect(await eventsOf(client, "ENGINE_BACKUP_STARTED", "ENGINE_BACKUP_COMPLETED")).toEqual([]);
  });

  test("LG078 for who does not hold it, holds it no more, or for none", async () => {
    const { client } = session;
    const execution = await running(client);
    const thief = { ...execution, token: strange };
    const nothing = { ...execution, execution_id: 99_999 };
    for (const other of [thief, nothing]) {
      expect(await codeOf(client, async () => start(client, other))).toBe("LG078");
      expect(await codeOf(client, async () => executions.finish(other))).toBe("LG078");
      expect(await codeOf(client, async () => executions.handOver(other))).toBe("LG078");
      expect(await executions.renewLease(other)).toBe(false);
    }
    await executions.finish(execution);
    expect(await codeOf(client, async () => executions.finish(execution))).toBe("LG078");
  });
});

describe("its backup", () => {
  async function nameOf(execution: number): Promise<string | null> {
    return (await executionOf(session.client, execution)).backup;
  }

  test("is named after schedule and slot, further attempts with a number", async () => {
    const { client } = session;
    await addSchedule(client, { name: "nightly", retries: 1 });
    await planAt(client, at({ hours: 1 }));
    const execution = await claimed(client);
    await start(client, execution);
    expect(await nameOf(execution.execution_id)).toBe("nightly-20260110T130000Z");
    await executions.finish(execution);
    await endBackoff(client);
    const again = await claimed(client);
    await start(client, again);
    expect(await nameOf(execution.execution_id)).toBe("nightly-20260110T130000Z-2");
  });

  test("of two sources with schedules of one name is told apart", async () => {
    const { client } = session;
    await client.query("select lastgood.add_source('home', 'files', 'engine.test', 'files')");
    for (const source of ["etc", "home"]) await addSchedule(client, { source, name: "nightly" });
    await planAt(client, at({ hours: 1 }));
    const names = [];
    for (let round = 0; round < 2; round += 1) {
      names.push((await start(client, await claimed(client))).name);
    }
    expect(names).toEqual(["nightly-20260110T130000Z", "nightly-20260110T130000Z-2"]);
  });

  test("that was begun by a call whose answer got lost is begun anew", async () => {
    const { client } = session;
    const execution = await running(client);
    const lost = await start(client, execution);
    const backup = await start(client, execution);
    expect((await rowOf(client, lost)).state).toBe("FAILED");
    await complete(client, backup);
    expect(await executions.finish(execution)).toBe("SUCCESS");
  });

  test("is of its own source, never of another one that has its name by now", async () => {
    const { client } = session;
    const execution = await running(client);
    await client.query("select lastgood.delete_source('etc', true)");
    await client.query("select lastgood.add_source('etc', 'files', 'engine.test', 'files')");
    expect(await codeOf(client, async () => start(client, execution))).toBe("LG028");
  });
});

describe("what an incremental schedule builds on", () => {
  const fellBack = "a full backup, for there was none to build on";

  test("the latest complete backup at each run", async () => {
    const { client } = session;
    await makeBackup(client);
    const parent = await makeBackup(client);
    const backup = await start(client, await running(client, { kind: "incremental" }));
    expect(backup).toMatchObject({ parent_id: parent.backup_id, fell_back: false });
  });

  test("a fixed one, though there are newer ones", async () => {
    const { client } = session;
    const parent = await makeBackup(client);
    await makeBackup(client);
    const schedule = { kind: "incremental", parent_id: parent.backup_id };
    const backup = await start(client, await running(client, schedule));
    expect(backup).toMatchObject({ parent_id: parent.backup_id, fell_back: false });
  });

  test("nothing: a full backup, and the execution says so, also once it succeeded", async () => {
    const { client } = session;
    const execution = await running(client, { kind: "incremental" });
    const backup = await start(client, execution);
    expect(backup).toMatchObject({ type: "full", parent_id: null, fell_back: true });
    await complete(client, backup);
    await executions.finish(execution);
    expect(await executionOf(client, execution.execution_id)).toMatchObject({
      state: "SUCCESS",
      reason: fellBack,
    });
  });

  test("nothing, and it would rather fail", async () => {
    const { client } = session;
    const execution = await running(client, { kind: "incremental", on_missing_parent: "fail" });
    expect(await codeOf(client, async () => start(client, execution))).toBe("LG033");
    const { rows } = await client.query("select from lastgood.backup");
    expect(rows).toEqual([]);
  });

  test.each([
    ["full", undefined],
    ["fail", "LG033"],
  ])("a fixed one that was deleted since: %s", async (way, code) => {
    const { client } = session;
    const parent = await makeBackup(client);
    await makeBackup(client);
    const schedule = { kind: "incremental", parent_id: parent.backup_id, on_missing_parent: way };
    const execution = await running(client, schedule);
    await client.query("update lastgood.backup set state = 'DELETING' where backup_id = $1", [
      parent.backup_id,
    ]);
    expect(await codeOf(client, async () => start(client, execution))).toBe(code);
    expect(await executionOf(client, execution.execution_id)).toMatchObject(
      code === undefined ? { reason: fellBack } : { reason: null, backup_id: null },
    );
  });
});

describe("a retry", () => {
  test("is the same row with the next attempt, until none is left", async () => {
    const { client } = session;
    const first = await running(client, { retries: 2 });
    const states = [await executions.finish(first, { error: "one", code: undefined })];
    for (const error of ["two", "three"]) {
      await endBackoff(client);
      const execution = await claimed(client);
      expect(execution.execution_id).toBe(first.execution_id);
      states.push(await executions.finish(execution, { error, code: undefined }));
    }
    expect(states).toEqual(["QUEUED", "QUEUED", "ERROR"]);
    expect(await executionOf(client, first.execution_id)).toMatchObject({
      attempt: 3,
      reason: "three",
    });
  });

  test("waits, each twice as long as the one before, a day at most", async () => {
    const { client } = session;
    const first = await running(client, { retries: 100, backoff: "10 minutes" });
    const waits = [];
    let execution = first;
    for (const attempt of [1, 2, 3, 9, 100]) {
      await client.query("update lastgood.execution set attempt = $1", [attempt]);
      await executions.finish(execution, { error: "x", code: undefined });
      expect(await claim(client)).toBeUndefined();
      const { rows } = await client.query<{ wait: string }>(
        `select date_trunc('minute', not_before - clock_timestamp() + interval '10 seconds')::text as wait
         from lastgood.execution`,
      );
      waits.push(rows[0]?.wait);
      await endBackoff(client);
      execution = await claimed(client);
    }
    expect(waits).toEqual(["00:10:00", "00:20:00", "00:40:00", "24:00:00", "24:00:00"]);
  });

  test("tells of the attempt before while it waits", async () => {
    const { client } = session;
    const execution = await running(client, { retries: 1 });
    const { backup_id: id } = await start(client, execution);
    await executions.finish(execution, { error: "it broke", code: undefined });
    expect(await executionOf(client, execution.execution_id)).toMatchObject({
      state: "QUEUED",
      attempt: 2,
      reason: "it broke",
      finished_at: null,
      output: { status: "ERROR", backup_id: id, error: "it broke" },
    });
  });

  test("is not made of what is PARTIAL, nor for a deleted schedule", async () => {
    const { client } = session;
    const partial = await running(client, { retries: 1 });
    await complete(client, await start(client, partial), [{ path: "a", reason: "gone" }]);
    expect(await executions.finish(partial)).toBe("PARTIAL");
    const execution = await running(client, { retries: 1 });
    await client.query("select lastgood.delete_schedule($1)", [execution.schedule_id]);
    expect(await executions.finish(execution)).toBe("ERROR");
  });
});
