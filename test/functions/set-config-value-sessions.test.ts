import { once } from "node:events";
import type { Client } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { configChanges, getConfig, setConfig } from "../support/config.ts";
import {
  copyTemplate,
  createRole,
  dropRole,
  type TestDatabase,
  type TestRole,
} from "../support/database.ts";

let database: TestDatabase;
let client: Client;
beforeAll(async () => {
  database = await copyTemplate();
  client = await database.connect();
});
afterAll(() => database.drop());

/** Returns when the work of a session waits for another one, or has come to its end. */
async function untilBlockedOrDone(session: Client, work: Promise<unknown>): Promise<void> {
  const { processID } = session as Client & { readonly processID: number };
  const done = work.then(
    () => true,
    () => true,
  );
  for (;;) {
    const { rows } = await client.query("select where cardinality(pg_blocking_pids($1)) > 0", [
      processID,
    ]);
    if (rows.length > 0 || (await Promise.race([done, Promise.resolve(false)]))) return;
  }
}

describe("who may change it", () => {
  const roles: TestRole[] = [];
  afterEach(async () => {
    for (const role of roles.splice(0)) {
      await client.query(`drop owned by ${role.user}`);
      await dropRole(role);
    }
    await client.query("delete from lastgood.config_value");
  });
  async function roleOf(reach: string): Promise<TestRole> {
    const role = await createRole();
    roles.push(role);
    await client.query("select lastgood.grant_role($1, $2)", [role.user, reach]);
    return role;
  }

  test("an operator may set, merge and reset, and is named in the event", async () => {
    const role = await roleOf("operator");
    const session = await database.connect(role);
    expect(await setConfig(session, "BackupAlertPeriodInDays", "7")).toBe("7");
    await session.query("select lastgood.merge_config_value('BackupRequiredScopes', 'dwhdb')");
    await session.query("select lastgood.reset_config_value('BackupRequiredScopes')");
    expect((await configChanges(client)).slice(-3)).toEqual([
      `${role.user} set BackupAlertPeriodInDays from "1" to "7".`,
      `${role.user} set BackupRequiredScopes from "db,files" to "db,files,dwhdb".`,
      `${role.user} set BackupRequiredScopes from "db,files,dwhdb" to "db,files".`,
    ]);
    await expect(
      session.query("insert into lastgood.config_value values ('BackupAlertPeriodInDays', '9')"),
    ).rejects.toMatchObject({ code: "42501" });
    await session.end();
  });

  test.for(["reader", "reporter"])("a %s may not", async (reach) => {
    const session = await database.connect(await roleOf(reach));
    for (const call of [
      "set_config_value('BackupAlertPeriodInDays', '7')",
      "merge_config_value('BackupRequiredScopes', 'dwhdb')",
      "reset_config_value('BackupAlertPeriodInDays')",
    ]) {
      await expect(session.query(`select lastgood.${call}`)).rejects.toMatchObject({
        code: "42501",
      });
    }
    expect(await getConfig(client, "BackupAlertPeriodInDays")).toBe("1");
    await session.end();
  });
});

describe("several sessions", () => {
  afterEach(() => client.query("delete from lastgood.config_value"));

  /** Two sessions change a key at once: the second has begun before the first commits. */
  async function bothAtOnce(first: string, second: string): Promise<string[]> {
    const [one, two] = [await database.connect(), await database.connect()];
    const before = await configChanges(client);
    try {
      await one.query("begin");
      await one.query(`select lastgood.${first}`);
      const later = two.query(`select lastgood.${second}`);
      await untilBlockedOrDone(two, later);
      await one.query("commit");
      await later;
    } finally {
      await Promise.all([one.end(), two.end()]);
    }
    const events = await configChanges(client);
    return events.slice(before.length).map((text) => text.replace(/^\S+ /, ""));
  }

  test("that set one key at once both succeed, and both events tell the truth", async () => {
    const events = await bothAtOnce(
      "set_config_value('BackupAlertPeriodInDays', '10')",
      "set_config_value('BackupAlertPeriodInDays', '20')",
    );
    expect(events).toEqual([
      'set BackupAlertPeriodInDays from "1" to "10".',
      'set BackupAlertPeriodInDays from "10" to "20".',
    ]);
    expect(await getConfig(client, "BackupAlertPeriodInDays")).toBe("20");
  });

  test("that set one key to one value leave one event", async () => {
    const events = await bothAtOnce(
      "set_config_value('BackupAlertPeriodInDays', '10')",
      "set_config_value('BackupAlertPeriodInDays', '10')",
    );
    expect(events).toEqual(['set BackupAlertPeriodInDays from "1" to "10".']);
  });

  test("that merge into one list lose nothing", async () => {
    const events = await bothAtOnce(
      "merge_config_value('BackupRequiredScopes', 'dwhdb')",
      "merge_config_value('BackupRequiredScopes', 'grafanadb')",
    );
    expect(events.at(-1)).toBe(
      'set BackupRequiredScopes from "db,files,dwhdb" to "db,files,dwhdb,grafanadb".',
    );
  });

  test("a reset waits for a change of the same key, and undoes it", async () => {
    const events = await bothAtOnce(
      "set_config_value('BackupAlertPeriodInDays', '10')",
      "reset_config_value('BackupAlertPeriodInDays')",
    );
    expect(events.at(-1)).toBe('set BackupAlertPeriodInDays from "10" to "1".');
    expect(await getConfig(client, "BackupAlertPeriodInDays")).toBe("1");
  });

  test("are told of a change when it is committed, and not before or without", async () => {
    const listener = await database.connect();
    const heard: (string | undefined)[] = [];
    listener.on("notification", ({ payload }) => heard.push(payload));
    await listener.query("listen lastgood_config");

    await client.query("begin");
    await setConfig(client, "BackupStuckAfterHours", "48");
    await client.query("rollback");
    await client.query("begin");
    await setConfig(client, "BackupAlertPeriodInDays", "2");
    await setConfig(client, "BackupAlertPeriodInDays", "2");
    await listener.query("select");
    expect(heard).toEqual([]);

    const arrived = once(listener, "notification");
    await client.query("commit");
    await arrived;
    expect(heard).toEqual(["BackupAlertPeriodInDays"]);
  });
});
