import { beforeEach, describe, expect, test } from "vitest";
import { report, setClock } from "../support/database.ts";
import { at, noon, useSession } from "../support/session.ts";

const session = useSession();

beforeEach(async () => {
  await session.client.query("select from lastgood.add_system('engine.test')");
  await session.client.query("delete from lastgood.audit_log");
});

async function prune(batch = 10_000): Promise<number> {
  const { rows } = await session.client.query<{ pruned: string }>(
    "select lastgood.prune_events($1) as pruned",
    [batch],
  );
  return Number(rows[0]?.pruned);
}

/** Messages of the reports that are left, oldest first. */
async function left(): Promise<string[]> {
  const { rows } = await session.client.query<{ message: string }>(
    `select a.message from lastgood.audit_log as a
     where a.done_at is not null order by a.log_time, a.audit_log_id`,
  );
  return rows.map(({ message }) => message);
}

/** Puts a report of an hour after noon behind each of these, so that none is the newest. */
async function newer(...scopes: readonly string[]): Promise<void> {
  for (const scope of scopes) {
    await report(session.client, { scope, doneAt: at({ days: 300 }), message: "newer" });
  }
}

describe("an event is kept", () => {
  test("exactly as long as BackupEventRetentionDays says", async () => {
    await report(session.client, { doneAt: noon, message: "old" });
    await newer("db");
    await setClock(session.client, at({ days: 400 }));
    expect(await prune()).toBe(0);
    await setClock(session.client, at({ days: 400, seconds: 1 }));
    expect(await prune()).toBe(1);
    expect(await left()).toEqual(["newer"]);
  });

  test("shorter where the key says so", async () => {
    await session.client.query("select lastgood.set_config_value('BackupEventRetentionDays', '7')");
    await report(session.client, { doneAt: noon, message: "old" });
    await report(session.client, { doneAt: at({ days: 5 }), message: "young" });
    await setClock(session.client, at({ days: 8 }));
    await prune();
    expect(await left()).toEqual(["young"]);
  });
});

describe("however old, it stays while it is", () => {
  test("the newest success of a scope, though failures followed it", async () => {
    await report(session.client, { doneAt: noon, message: "older success" });
    await report(session.client, { doneAt: at({ hours: 1 }), message: "newest success" });
    await report(session.client, {
      doneAt: at({ hours: 2 }),
      status: -1,
      message: "older failure",
    });
    await report(session.client, {
      doneAt: at({ hours: 3 }),
      status: -1,
      message: "newest attempt",
    });
    await setClock(session.client, at({ days: 1_000 }));
    await prune();
    expect(await left()).toEqual(["newest success", "newest attempt"]);
    const { rows } = await session.client.query(
      "select last_success_at, last_attempt_passed from lastgood.backup_status where scope = 'db'",
    );
    expect(rows).toEqual([{ last_success_at: at({ hours: 1 }), last_attempt_passed: false }]);
  });

  test("the newest of its scope and its system, not of others", async () => {
    await report(session.client, { scope: "db", doneAt: noon, message: "db" });
    await report(session.client, { scope: "files", doneAt: noon, message: "files" });
    await report(session.client, {
      fqdn: "other.test",
      doneAt: at({ hours: 1 }),
      message: "other",
    });
    await setClock(session.client, at({ days: 1_000 }));
    await prune();
    expect((await left()).toSorted()).toEqual(["db", "files", "other"]);
  });

  test("a live alert", async () => {
    await report(session.client, { scope: "db", doneAt: noon });
    await setClock(session.client, at({ days: 2 }));
    await session.client.query("select from lastgood.check_backup_freshness()");
    await setClock(session.client, at({ days: 1_000 }));
    await prune();
    const { rows } = await session.client.query(
      "select a.deleted from lastgood.audit_log as a where a.severity = 10",
    );
    expect(rows).toEqual([{ deleted: false }]);
  });
});

test("a start and an alert that has ended go with their time", async () => {
  await session.client.query("select from lastgood.check_backup_freshness()");
  await report(session.client, { status: 0, doneAt: noon, message: "start" });
  await report(session.client, { scope: "db", doneAt: at({ hours: 1 }), message: "db" });
  await report(session.client, { scope: "files", doneAt: at({ hours: 1 }), message: "files" });
  await setClock(session.client, at({ days: 1_000 }));
  await prune();
  expect(await left()).toEqual(["db", "files"]);
  const { rows } = await session.client.query(
    "select from lastgood.audit_log as a where a.severity = 10 and a.deleted",
  );
  expect(rows).toEqual([]);
});

test("what is deleted goes from the log of attempts, too", async () => {
  await report(session.client, { doneAt: noon, message: "old" });
  await newer("db");
  await setClock(session.client, at({ days: 500 }));
  await prune();
  const { rows } = await session.client.query(
    "select l.output_message from lastgood.engine_backup_log as l",
  );
  expect(rows).toEqual([{ output_message: "newer" }]);
});

test("a batch deletes as many as it may, until none are left", async () => {
  for (let hour = 0; hour < 5; hour += 1) {
    await report(session.client, { doneAt: at({ hours: hour }), message: `old ${hour}` });
  }
  await newer("db");
  await setClock(session.client, at({ days: 500 }));
  expect([await prune(2), await prune(2), await prune(2), await prune(2)]).toEqual([2, 2, 1, 0]);
});
