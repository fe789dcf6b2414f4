import { beforeEach, describe, expect, test } from "vitest";
import { Executions } from "../../../src/admin/executions.ts";
import {
  addSchedule,
  claim,
  claimed,
  complete,
  endBackoff,
  endExecutionLeases,
  executionOf,
  running,
  runNow,
  scheduleOf,
  setSchedule,
  slotsOf,
  start,
} from "../../support/calendar.ts";
import { addCatalogue, codeOf, eventsOf, refuseFailures, rowOf } from "../../support/catalogue.ts";
import { useSession } from "../../support/session.ts";

const session = useSession();
let executions: Executions;
beforeEach(async () => {
  executions = new Executions(session.client);
  await addCatalogue(session.client);
});

async function failures(): Promise<string[]> {
  return (await eventsOf(session.client, "ENGINE_BACKUP_FAILED")).map(({ message }) => message);
}

describe("a lease", () => {
  test("that is renewed goes on; one that ran out ends as INTERRUPTED, with its backup", async () => {
    const { client } = session;
    const execution = await running(client);
    const backup = await start(client, execution);
    await endExecutionLeases(client);
    expect(await executions.renewLease(execution)).toBe(true);
    expect(await executions.reap()).toEqual([]);
    await endExecutionLeases(client);
    expect(await executions.reap()).toEqual([execution.execution_id]);
    expect(await executions.reap()).toEqual([]);
    const reason = "its lease ran out: worker worker-1 is gone";
    expect(await executionOf(client, execution.execution_id)).toMatchObject({
      state: "INTERRUPTED",
      reason,
      backup_state: "FAILED",
      output: { status: "INTERRUPTED", error: reason },
    });
    // Who was taken for dead, and is not, can do nothing any more.
    expect(await executions.renewLease(execution)).toBe(false);
    expect(await codeOf(client, async () => complete(client, backup))).toBe("LG035");
    expect(await codeOf(client, async () => executions.finish(execution))).toBe("LG078");
    expect(await executionOf(client, execution.execution_id)).toMatchObject({
      state: "INTERRUPTED",
    });
  });

  test("ran out before a backup was started: that is reported", async () => {
    await running(session.client, { name: "nightly" });
    await endExecutionLeases(session.client);
    await executions.reap();
    expect(await failures()).toEqual([
      'The run of schedule "nightly" failed: its lease ran out: worker worker-1 is gone.',
    ]);
  });

  test("ran out after the backup was sealed: that counts", async () => {
    const { client } = session;
    const execution = await running(client);
    await complete(client, await start(client, execution));
    await endExecutionLeases(client);
    await executions.reap();
    expect(await executionOf(client, execution.execution_id)).toMatchObject({ state: "SUCCESS" });
  });

  test("ran out, and a retry is left; the schedule goes on", async () => {
    const { client } = session;
    const { execution_id: id } = await running(client, { retries: 1 });
    await endExecutionLeases(client);
    await executions.reap();
    await endBackoff(client);
    expect(await claimed(client)).toMatchObject({ execution_id: id, attempt: 2 });
  });

  test("of a database that was restarted just now is let alone for as long as it is", async () => {
    const { client } = session;
    await running(client);
    // The server of these tests has not been up for a day.
    await client.query(
      `update lastgood.execution
       set lease = '1 day', lease_until = clock_timestamp() - interval '1 minute'`,
    );
    expect(await executions.reap()).toEqual([]);
    await endExecutionLeases(client);
    expect(await executions.reap()).toHaveLength(1);
  });

  test("keeps the backup of an execution, too: it is not reaped by itself, but with it", async () => {
    const { client } = session;
    const execution = await running(client);
    const backup = await start(client, execution);
    await client.query(
      "update lastgood.backup set lease_until = clock_timestamp() - interval '1 hour'",
    );
    const reap = "select from lastgood.reap_backups()";
    await client.query(reap);
    expect((await rowOf(client, backup)).state).toBe("RUNNING");
    await endExecutionLeases(client);
    await client.query(reap);
    expect((await rowOf(client, backup)).state).toBe("FAILED");
    expect(await executionOf(client, execution.execution_id)).toMatchObject({
      state: "INTERRUPTED",
    });
  });

  test("of one that cannot be ended keeps no other RUNNING, and that is told once an hour", async () => {
    const { client } = session;
    await client.query("select lastgood.add_source('bad', 'files', 'bad.test', 'files')");
    const stuck = await running(client, { source: "bad", name: "stuck" });
    const [backup, other] = [await start(client, stuck), await running(client)];
    await refuseFailures(client, "bad.test");
    await endExecutionLeases(client);
    expect(await executions.reap()).toEqual([other.execution_id]);
    expect(await executions.reap()).toEqual([]);
    expect((await rowOf(client, backup)).state).toBe("RUNNING");
    const told = async (): Promise<{ message: string; fqdn: string | null }[]> =>
      eventsOf(client, "LASTGOOD_RUN_NOT_ENDED");
    expect(await told()).toMatchObject([
      {
        message:
          `lastgood could not end execution ${stuck.execution_id} of schedule "stuck" ` +
          `(${stuck.schedule_id}), and goes on trying: the event of backup ${backup.backup_id} ` +
          "could not be recorded.",
        fqdn: "bad.test",
      },
    ]);
    await client.query(
      "update lastgood.audit_log set log_time = log_time - interval '1 hour' where log_type = 9147",
    );
    await executions.reap();
    expect(await told()).toHaveLength(2);
    await client.query("drop trigger refuse_failures on lastgood.audit_log");
    expect(await executions.reap()).toEqual([stuck.execution_id]);
    expect((await rowOf(client, backup)).state).toBe("FAILED");
  });

  test("that ran out while an upgrade replaces functions is ended after that, and told of to nobody", async () => {
    const { client } = session;
    const execution = await running(client);
    await endExecutionLeases(client);
    await client.query("alter function lastgood.end_execution rename to end_execution_of_old");
    expect(await codeOf(client, "select lastgood.reap_executions()")).toBe("42883");
    await client.query("alter function lastgood.end_execution_of_old rename to end_execution");
    expect(await eventsOf(client, "LASTGOOD_RUN_NOT_ENDED")).toEqual([]);
    expect(await new Executions(client).reap()).toEqual([execution.execution_id]);
  });

  test("LG034 cannot be longer than a day", async () => {
    const call = "select lastgood.claim_execution('w', 'h', p_lease => '2 days')";
    expect(await codeOf(session.client, call)).toBe("LG034");
  });
});

describe("a timeout", () => {
  async function startedBefore(interval: string): Promise<void> {
    await session.client.query(
      "update lastgood.execution set started_at = clock_timestamp() - $1::interval",
      [interval],
    );
  }

  test("ends a run however well it beats, and not a second before", async () => {
    const { client } = session;
    const execution = await running(client, { timeout: "01:00:00" });
    const backup = await start(client, execution);
    await startedBefore("00:59:59");
    expect(await executions.reap()).toEqual([]);
    expect(await executions.renewLease(execution)).toBe(true);
    await startedBefore("01:00:00");
    expect(await executions.renewLease(execution)).toBe(false);
    await client.query("update lastgood.execution set lease = '1 millisecond'");
    expect(await executions.reap()).toEqual([execution.execution_id]);
    expect((await rowOf(client, backup)).state).toBe("FAILED");
    expect(await executionOf(client, execution.execution_id)).toMatchObject({
      state: "ERROR",
      reason: "timed out after 01:00:00",
    });
  });

  test("is none unless it is set: a run of days is not started twice", async () => {
    const { client } = session;
    const execution = await running(client, { overlap: "queue" });
    await startedBefore("10 days");
    expect(await executions.renewLease(execution)).toBe(true);
    expect(await executions.reap()).toEqual([]);
    await runNow(client, execution.schedule_id);
    expect(await claim(client)).toBeUndefined();
  });
});

describe("handing over", () => {
  test("fails the backup, and another worker begins anew at once, as the same attempt", async () => {
    const { client } = session;
    const execution = await running(client);
    const backup = await start(client, execution);
    expect(await executions.handOver(execution)).toBe("QUEUED");
    expect((await rowOf(client, backup)).state).toBe("FAILED");
    const again = await claimed(client, { worker: "worker-2" });
    expect(again).toMatchObject({ execution_id: execution.execution_id, attempt: 1 });
    await complete(client, await start(client, again));
    expect(await executions.finish(again)).toBe("SUCCESS");
  });

  test("of one whose backup was sealed ends it", async () => {
    const { client } = session;
    const execution = await running(client);
    await complete(client, await start(client, execution));
    expect(await executions.handOver(execution)).toBe("SUCCESS");
  });

  test("of one whose schedule was deleted cancels it", async () => {
    const { client } = session;
    const execution = await running(client);
    await client.query("select lastgood.delete_schedule($1)", [execution.schedule_id]);
    expect(await executions.handOver(execution)).toBe("CANCELLED");
  });
});

describe("cancelling", () => {
  const cancel = async (id: number): Promise<string> => {
    const { rows } = await session.client.query<{ state: string }>(
      "select lastgood.cancel_execution($1) as state",
      [id],
    );
    return rows[0]?.state ?? "";
  };

  test("one that waits: it does not run", async () => {
    const { client } = session;
    const id = await runNow(client, await addSchedule(client));
    expect(await cancel(id)).toBe("CANCELLED");
    expect(await claim(client)).toBeUndefined();
    expect(await executionOf(client, id)).toMatchObject({ reason: "cancelled by postgres" });
  });

  test("one that runs: its backup fails, its worker must stop, and it is not tried again", async () => {
    const { client } = session;
    const execution = await running(client, { name: "nightly", retries: 3 });
    const backup = await start(client, execution);
    expect(await cancel(execution.execution_id)).toBe("CANCELLED");
    expect((await rowOf(client, backup)).state).toBe("FAILED");
    expect(await executions.renewLease(execution)).toBe(false);
    const [event] = await eventsOf(client, "LASTGOOD_EXECUTION_CANCELLED");
    expect(event?.message).toMatch(
      /^postgres cancelled execution \d+, of .*Z, of schedule "nightly"/,
    );
  });

  test("one whose backup was sealed is too late: it ends by that", async () => {
    const { client } = session;
    const execution = await running(client);
    await complete(client, await start(client, execution));
    expect(await cancel(execution.execution_id)).toBe("SUCCESS");
  });

  test("LG078 one that has ended, LG077 one that is not there", async () => {
    const { client } = session;
    const execution = await running(client);
    await executions.finish(execution);
    expect(await codeOf(client, async () => cancel(execution.execution_id))).toBe("LG078");
    expect(await codeOf(client, async () => cancel(99_999))).toBe("LG077");
  });
});

describe("the status of a schedule tells", () => {
  test("its newest and running execution, its last success, and how often it failed since", async () => {
    const { client } = session;
    const id = await addSchedule(client);
    const end = async (how: "good" | "bad"): Promise<void> => {
      await runNow(client, id);
      const execution = await claimed(client);
      if (how === "good") await complete(client, await start(client, execution));
      await executions.finish(execution);
    };
    await end("bad");
    await end("good");
    await end("bad");
    await end("bad");
    const newest = await runNow(client, id);
    await claimed(client);
    const { rows } = await client.query<{ at: string }>(
      "select to_jsonb(finished_at) #>> '{}' as at from lastgood.execution where state = 'SUCCESS'",
    );
    expect(await scheduleOf(client, id)).toMatchObject({
      last_execution_id: newest,
      last_state: "RUNNING",
      running_execution_id: newest,
      last_success_at: rows[0]?.at,
      consecutive_failures: 2,
    });
  });

  test("nothing of what never ran", async () => {
    const { client } = session;
    const id = await addSchedule(client);
    expect(await scheduleOf(client, id)).toMatchObject({
      last_execution_id: null,
      last_state: null,
      running_execution_id: null,
      last_success_at: null,
      consecutive_failures: 0,
    });
  });
});

test("a schedule that is deleted while it runs lets that run end, and keeps its history", async () => {
  const { client } = session;
  const execution = await running(client);
  const backup = await start(client, execution);
  await client.query("select lastgood.delete_schedule($1)", [execution.schedule_id]);
  expect(await executions.renewLease(execution)).toBe(true);
  await complete(client, backup);
  expect(await executions.finish(execution)).toBe("SUCCESS");
  expect(await slotsOf(client, execution.schedule_id)).toEqual(["now SUCCESS"]);
});

test("a schedule that is disabled while it runs lets that run end", async () => {
  const { client } = session;
  const execution = await running(client);
  await setSchedule(client, execution.schedule_id, { is_enabled: false });
  await complete(client, await start(client, execution));
  expect(await executions.finish(execution)).toBe("SUCCESS");
});
