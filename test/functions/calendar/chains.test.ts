import { beforeEach, describe, expect, test } from "vitest";
import { Backups } from "../../../src/admin/backups.ts";
import type { StartedBackup } from "../../../src/admin/described.ts";
import { Executions } from "../../../src/admin/executions.ts";
import {
  addSchedule,
  claimed,
  complete,
  executionOf,
  type NewSchedule,
  running,
  runNow,
  scheduleOf,
  setSchedule,
  start,
} from "../../support/calendar.ts";
import { addCatalogue, codeOf, makeBackup } from "../../support/catalogue.ts";
import { useSession } from "../../support/session.ts";

// A backup that would make a chain longer than it may be is a full one, and says so.

const session = useSession();

beforeEach(async () => {
  await addCatalogue(session.client);
});

async function limitTo(length: number): Promise<void> {
  await session.client.query("select lastgood.set_config_value('BackupMaxChainLength', $1)", [
    String(length),
  ]);
}

/** One after another, each on the one before; the last one. */
async function makeChain(length: number): Promise<StartedBackup> {
  let last = await makeBackup(session.client);
  for (let n = 1; n < length; n += 1) {
    last = await makeBackup(session.client, { isIncremental: true });
  }
  return last;
}

/** `full` or `incremental` for each run of a schedule, with the reason where there is one. */
async function runs(schedule: NewSchedule, times: number): Promise<string[]> {
  const { client } = session;
  const id = await addSchedule(client, schedule);
  const found: string[] = [];
  for (let n = 0; n < times; n += 1) {
    await runNow(client, id);
    const execution = await claimed(client);
    const backup = await start(client, execution);
    await complete(client, backup);
    expect(await new Executions(client).finish(execution)).toBe("SUCCESS");
    const { reason } = await executionOf(client, execution.execution_id);
    found.push(reason === null ? backup.type : `${backup.type}: ${reason}`);
  }
  return found;
}

const none = "full: a full backup, for there was none to build on";
const had = (n: number): string => `full: a full backup, for the chain had ${n} backups`;

describe("a chain that has as many backups as it may", () => {
  test("by the config: the next of people is a full one, and begins a chain", async () => {
    const { client } = session;
    await limitTo(3);
    await makeChain(3);
    const backups = new Backups(client);
    const next = await makeBackup(client, { isIncremental: true });
    expect(next).toMatchObject({
      type: "full",
      parent_id: null,
      fell_back: false,
      full_chain: 3,
    });
    expect(await backups.start({ source: "etc", isIncremental: true })).toMatchObject({
      parent_id: next.backup_id,
      full_chain: null,
    });
  });

  test("with a parent that people named: also a full one", async () => {
    await limitTo(3);
    const parent = await makeChain(3);
    const backup = await new Backups(session.client).start({
      source: "etc",
      parentId: parent.backup_id,
    });
    expect(backup).toMatchObject({ type: "full", fell_back: false, full_chain: 3 });
  });

  test("of 30 where nobody said otherwise", async () => {
    await makeChain(29);
    const [thirtieth, next] = [
      await makeBackup(session.client, { isIncremental: true }),
      await makeBackup(session.client, { isIncremental: true }),
    ];
    expect([thirtieth.type, next.type, next.full_chain]).toEqual(["incremental", "full", 30]);
  });

  test("of a schedule: the run says so, and goes on from the new one", async () => {
    await limitTo(3);
    expect(await runs({ kind: "incremental" }, 7)).toEqual([
      none,
      "incremental",
      "incremental",
      had(3),
      "incremental",
      "incremental",
      had(3),
    ]);
  });

  test("the limit of the schedule goes before that of the config, shorter or longer", async () => {
    await limitTo(3);
    expect(await runs({ kind: "incremental", max_chain: 2 }, 3)).toEqual([
      none,
      "incremental",
      had(2),
    ]);
    // The last one is the beginning of theirs.
    expect(await runs({ kind: "incremental", max_chain: 5 }, 5)).toEqual([
      ...Array.from({ length: 4 }, () => "incremental"),
      had(5),
    ]);
  });

  test("is no missing parent: the run of a schedule that would rather fail does not", async () => {
    await makeBackup(session.client);
    const schedule = { kind: "incremental", max_chain: 2, on_missing_parent: "fail" };
    expect(await runs(schedule, 2)).toEqual(["incremental", had(2)]);
  });

  test("a full one that failed begins nothing: the next is full again", async () => {
    const { client } = session;
    await limitTo(2);
    await makeChain(2);
    const backups = new Backups(client);
    const failed = await backups.start({ source: "etc", isIncremental: true });
    await backups.fail(failed.backup_id, failed.token, "no room");
    const next = await backups.start({ source: "etc", isIncremental: true });
    expect(next).toMatchObject({ type: "full", full_chain: 2 });
  });

  test("was longer before the limit was set: a full one follows", async () => {
    await makeChain(5);
    await limitTo(3);
    const backup = await makeBackup(session.client, { isIncremental: true });
    expect(backup).toMatchObject({ type: "full", full_chain: 5 });
  });
});

describe("a fixed parent", () => {
  test("has a chain that never grows: each run builds on it", async () => {
    const parent = await makeChain(2);
    const schedule = { kind: "incremental", parent_id: parent.backup_id, max_chain: 3 };
    expect(await runs(schedule, 4)).toEqual(Array.from({ length: 4 }, () => "incremental"));
  });

  test.each([
    ["of the schedule", { max_chain: 3 }],
    ["of the config", {}],
  ])("is refused where its chain has no room by the limit %s", async (_whose, limit) => {
    const parent = await makeChain(3);
    await limitTo(3);
    const schedule = { kind: "incremental", parent_id: parent.backup_id, ...limit };
    const add = async (): Promise<unknown> => addSchedule(session.client, schedule);
    expect(await codeOf(session.client, add)).toBe("LG033");
    await addSchedule(session.client, { ...schedule, max_chain: 4 });
  });

  test("is refused when the limit of its schedule becomes too short for it", async () => {
    const { client } = session;
    const parent = await makeChain(3);
    const id = await addSchedule(client, { kind: "incremental", parent_id: parent.backup_id });
    const shorten = async (): Promise<void> => setSchedule(client, id, { max_chain: 3 });
    expect(await codeOf(client, shorten)).toBe("LG033");
    await setSchedule(client, id, { max_chain: 4 });
    expect(await scheduleOf(client, id)).toMatchObject({ max_chain: 4 });
  });

  test.each(["full", "fail"])(
    "has no room since the config was changed: full backups, by %s too",
    async (way) => {
      const { client } = session;
      const parent = await makeChain(3);
      const execution = await running(client, {
        kind: "incremental",
        parent_id: parent.backup_id,
        on_missing_parent: way,
      });
      await limitTo(2);
      expect(await start(client, execution)).toMatchObject({ type: "full", fell_back: false });
      expect(await executionOf(client, execution.execution_id)).toMatchObject({
        reason: "a full backup, for the chain had 3 backups",
      });
    },
  );
});

test.each([1, 0, -1, 10_001])("a chain of %s is refused", async (length) => {
  const { client } = session;
  const add = async (): Promise<unknown> => addSchedule(client, { max_chain: length });
  expect(await codeOf(client, add)).toBe("LG073");
  expect(await codeOf(client, async () => limitTo(length))).toBe("LG002");
});
