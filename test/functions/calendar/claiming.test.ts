import { beforeEach, describe, expect, test } from "vitest";
import { Executions } from "../../../src/admin/executions.ts";
import { addSchedule, claim, claimed, planAt, running, runNow } from "../../support/calendar.ts";
import { addCatalogue, codeOf } from "../../support/catalogue.ts";
import { at, useSession } from "../../support/session.ts";

const session = useSession();
beforeEach(() => addCatalogue(session.client));

/** So many sources, each with a schedule that has a run waiting; the ids of the schedules. */
async function waiting(count: number, options: Record<string, unknown> = {}): Promise<number[]> {
  const { client } = session;
  const ids = [];
  for (let number = 0; number < count; number += 1) {
    await client.query("select lastgood.add_source($1, 'files', 'engine.test', 'files')", [
      `source${number}`,
    ]);
    const id = await addSchedule(client, { source: `source${number}`, ...options });
    await runNow(client, id);
    ids.push(id);
  }
  return ids;
}

async function setSource(name: string, settings: string): Promise<void> {
  await session.client.query(`update lastgood.source set ${settings} where name = $1`, [name]);
}

async function claimAll(claimant: Parameters<typeof claim>[1] = {}): Promise<number[]> {
  const schedules = [];
  for (
    let execution = await claim(session.client, claimant);
    execution;
    execution = await claim(session.client, claimant)
  ) {
    schedules.push(execution.schedule_id);
  }
  return schedules;
}

test("only the commit of a claim does not wait for the disk, and of none where nothing waits", async () => {
  const { client } = session;
  const setting = async (): Promise<unknown> =>
    (await client.query("show synchronous_commit")).rows[0];
  await client.query("set local synchronous_commit = on");
  await client.query("savepoint before");
  expect(await claim(client)).toBeUndefined();
  expect(await setting()).toEqual({ synchronous_commit: "on" });
  await waiting(1);
  await claimed(client);
  expect(await setting()).toEqual({ synchronous_commit: "off" });
  await client.query("rollback to before");
  expect(await setting()).toEqual({ synchronous_commit: "on" });
});

test("what is claimed tells the worker all that it needs", async () => {
  const { client } = session;
  const schedule = await addSchedule(client, { name: "nightly", timeout: "01:00:00" });
  await planAt(client, at({ hours: 1 }));
  const execution = await claimed(client, { worker: "w", host: "h" });
  expect(execution).toMatchObject({
    schedule_id: schedule,
    schedule: "nightly",
    source: "etc",
    source_type: "files",
    slot_at: "2026-01-10T13:00:00+00:00",
    attempt: 1,
  });
  const { rows } = await client.query(
    `select state, worker, host, token::text, lease::text,
       lease_until between clock_timestamp() + interval '25 seconds'
         and clock_timestamp() + interval '30 seconds' as is_half_a_minute
     from lastgood.execution`,
  );
  expect(rows).toEqual([
    {
      state: "RUNNING",
      worker: "w",
      host: "h",
      token: execution.token,
      lease: "00:00:30",
      is_half_a_minute: true,
    },
  ]);
});

test("where nothing waits nothing is claimed", async () => {
  expect(await claim(session.client)).toBeUndefined();
  await addSchedule(session.client);
  expect(await claim(session.client)).toBeUndefined();
});

test("the slot that is due the longest comes first", async () => {
  const { client } = session;
  const ids = await waiting(2, { pattern: "30 * * * *" });
  await client.query("delete from lastgood.execution");
  const early = await addSchedule(client, { pattern: "10 * * * *" });
  await planAt(client, at({ minutes: 40 }));
  expect(await claimAll()).toEqual([early, ...ids]);
});

describe("labels", () => {
  test.each([
    [[], [], true],
    [["vault"], [], false],
    [[], ["vault"], true],
    [["vault"], ["vault"], true],
    [["vault", "lan"], ["vault"], false],
    [["vault", "lan"], ["lan", "x", "vault"], true],
  ])("a source with %j is taken by a worker with %j: %s", async (wanted, labels, isTaken) => {
    await waiting(1);
    await session.client.query("update lastgood.source set labels = $1", [wanted]);
    expect((await claim(session.client, { labels })) !== undefined).toBe(isTaken);
  });

  test("what a worker may not take is passed over", async () => {
    const [, second] = await waiting(2);
    await setSource("source0", "labels = '{elsewhere}'");
    expect(await claimAll()).toEqual([second]);
  });
});

describe("limits", () => {
  test("a source runs one at a time, or as many as it may", async () => {
    const { client } = session;
    const ids = [];
    for (let count = 0; count < 3; count += 1) ids.push(await addSchedule(client));
    for (const id of ids) await runNow(client, id);
    expect(await claimAll()).toEqual([ids[0]]);
    await setSource("etc", "max_running = 2");
    expect(await claimAll()).toEqual([ids[1]]);
    await client.query(
      "select lastgood.cancel_execution(min(execution_id)) from lastgood.execution where state = 'RUNNING'",
    );
    expect(await claimAll()).toEqual([ids[2]]);
  });

  test("a schedule runs one at a time, though its source may run more", async () => {
    const { client } = session;
    await setSource("etc", "max_running = 5");
    const { schedule_id: id } = await running(client, { overlap: "queue" });
    await runNow(client, id);
    expect(await claimAll()).toEqual([]);
    const other = await addSchedule(client);
    await runNow(client, other);
    expect(await claimAll()).toEqual([other]);
  });

  test("a host runs as many as its workers say, others are not its business", async () => {
    const ids = await waiting(5);
    expect(await claimAll({ concurrency: 2 })).toEqual(ids.slice(0, 2));
    expect(await claimAll({ concurrency: 2, worker: "worker-2" })).toEqual([]);
    expect(await claimAll({ concurrency: 3, worker: "worker-2" })).toEqual([ids[2]]);
    expect(await claimAll({ concurrency: 1, host: "host-2" })).toEqual([ids[3]]);
  });

  test("a provider takes as many as it may, named or the only one; what goes elsewhere goes on", async () => {
    const { client } = session;
    const ids = await waiting(4);
    await client.query("update lastgood.provider set max_running = 2 where name = 'vault'");
    await client.query("select lastgood.add_provider('cellar', 'debug', p_group => 'one')");
    await client.query(
      "update lastgood.schedule set providers = '{vault}' where schedule_id = $1",
      [ids[1]],
    );
    expect(await claimAll()).toEqual(ids.slice(0, 2));
    await client.query("update lastgood.schedule set providers = '{noop}' where schedule_id = $1", [
      ids[3],
    ]);
    expect(await claimAll()).toEqual([ids[3]]);
  });

  test("LG079 a limit of none", async () => {
    await waiting(1);
    for (const limit of [0, -1]) {
      const call = `select lastgood.claim_execution('w', 'h', p_concurrency => ${limit})`;
      expect(await codeOf(session.client, call)).toBe("LG079");
    }
  });
});

test("a retry is not claimed before its time, and one that waits longer does not hold up others", async () => {
  const { client } = session;
  const first = await running(client, { retries: 1 });
  await new Executions(client).finish(first, { error: "x", code: undefined });
  const other = await addSchedule(client);
  await runNow(client, other);
  expect(await claimAll()).toEqual([other]);
});
