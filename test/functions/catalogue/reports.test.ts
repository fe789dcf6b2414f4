import { beforeEach, describe, expect, test } from "vitest";
import { Backups } from "../../../src/admin/backups.ts";
import type { StartedBackup } from "../../../src/admin/described.ts";
import { addCatalogue, backdate, copyId, eventsOf, makeBackup } from "../../support/catalogue.ts";
import { report, setClock } from "../../support/database.ts";
import { at, noon, useSession } from "../../support/session.ts";

const session = useSession();
beforeEach(() => addCatalogue(session.client));

interface Named {
  readonly fqdn?: string;
  readonly scope?: string;
  readonly status?: number;
  readonly event?: "started_event" | "ended_event" | "gen_random_uuid()" | "null::uuid";
}

/** Reports by hand and names the backup; returns what was kept of that. */
async function name(
  backup: StartedBackup,
  { fqdn = "engine.test", scope = "files", status = 1, event = "ended_event" }: Named,
): Promise<unknown> {
  const { rows } = await session.client.query(
    `with made as materialized (
       select lastgood.record_event($2, $3::timestamptz, $4, '', $5, '', ${event}, 'r', $1) as id
       from lastgood.backup where backup_id = $1
     )
     select id is not null as is_kept from made`,
    [backup.backup_id, scope, noon, status, fqdn],
  );
  expect(rows).toEqual([{ is_kept: true }]);
  const { rows: kept } = await session.client.query(
    `select backup_id::integer from lastgood.audit_log
     where run_id = 'r' order by audit_log_id desc limit 1`,
  );
  return (kept[0] as { backup_id: number | null }).backup_id;
}

describe("a report that names a backup", () => {
  test.each([
    ["its end, as done", { status: 1 }],
    ["its end, as failed", { status: -1 }],
  ])("is believed with the event id of %s", async (_name, named) => {
    const running = await new Backups(session.client).start({ source: "etc" });
    expect(await name(running, named)).toBe(running.backup_id);
    expect(await eventsOf(session.client, "LASTGOOD_IGNORED_BACKUP_ID")).toEqual([]);
  });

  test.each<[string, Named]>([
    ["an event id of another", { event: "gen_random_uuid()" }],
    ["no event id", { event: "null::uuid" }],
    ["the event id of its end, as a start", { status: 0 }],
    ["another system", { fqdn: "other.test" }],
    ["another scope", { scope: "db" }],
  ])("is kept and its backup ignored with %s", async (_name, named) => {
    const running = await new Backups(session.client).start({ source: "etc" });
    expect(await name(running, named)).toBeNull();
    expect(await eventsOf(session.client, "LASTGOOD_IGNORED_BACKUP_ID")).toHaveLength(1);
    const { rows } = await session.client.query(
      "select from lastgood.engine_backup_log where backup_id is not null",
    );
    expect(rows).toEqual([]);
  });

  test("that is replayed is the one that was", async () => {
    const made = await makeBackup(session.client);
    const before = await session.client.query("select count(*) from lastgood.audit_log");
    await session.client.query(
      `select lastgood.record_event('files', $2::timestamptz, 1, '', 'engine.test', '', ended_event,
         name, backup_id)
       from lastgood.backup where backup_id = $1`,
      [made.backup_id, noon],
    );
    const after = await session.client.query("select count(*) from lastgood.audit_log");
    expect(after.rows).toEqual(before.rows);
  });
});

describe("pruning", () => {
  async function left(): Promise<string[]> {
    await setClock(session.client, at({ days: 2_000 }));
    await session.client.query("select lastgood.prune_events()");
    const { rows } = await session.client.query<{ name: string }>(
      `select coalesce(a.run_id, a.message) as name from lastgood.audit_log as a
       where a.log_type = 9025 and a.done_at is not null order by a.log_time`,
    );
    return rows.map((row) => row.name);
  }

  async function foreign(hours: number, message: string): Promise<void> {
    await report(session.client, {
      fqdn: "engine.test",
      scope: "files",
      doneAt: at({ hours }),
      message,
    });
  }

  async function ours(hours: number): Promise<StartedBackup> {
    const made = await makeBackup(session.client, { name: `ours${hours}` });
    await backdate(session.client, made, at({ hours }));
    return made;
  }

  test("keeps what the verdict may fall back to, as long as it can", async () => {
    const backups = new Backups(session.client);
    await foreign(1, "older foreign");
    const first = await ours(2);
    await foreign(3, "newest foreign");
    const second = await ours(4);
    const third = await ours(5);
    await backups.startDelete(first.backup_id);
    await backups.finishCopyDelete(copyId(first));
    expect(await left()).toEqual(["newest foreign", second.name, third.name]);
    for (const [bad, good] of [
      [third, at({ hours: 4 })],
      [second, at({ hours: 3 })],
    ] as const) {
      await backups.recordVerification(copyId(bad), { level: 2, result: "corrupt" });
      const { rows } = await session.client.query(
        "select last_success_at from lastgood.backup_status where scope = 'files'",
      );
      expect(rows).toEqual([{ last_success_at: good }]);
    }
  });

  test("keeps nothing of a backup that is deleted once there is a newer success", async () => {
    const backups = new Backups(session.client);
    const made = await ours(1);
    await ours(2);
    await backups.startDelete(made.backup_id);
    expect(await left()).toEqual(["ours1", "ours2"]);
    await backups.finishCopyDelete(copyId(made));
    expect(await left()).toEqual(["ours2"]);
  });
});
