import { inspect } from "node:util";
import { onTestFinished, describe, expect, test } from "vitest";
import { postgres } from "../../src/providers/postgres.ts";
import { readSqlFile } from "../../src/sql-files.ts";
import { parseSettings } from "../../src/settings.ts";
import { createRole, dropRole, type TestRole } from "../support/database.ts";
import { lastgood } from "../support/cli.ts";
import { body, list, never, newOwnership, read } from "./place.ts";
import { useStore } from "./postgres-support.ts";

const store = useStore();
const act = (url: string): { env: Record<string, string>; signal: AbortSignal } => ({
  env: { LASTGOOD_SECRET_STORE: url },
  signal: never,
});

async function newRole(): Promise<TestRole> {
  const role = await createRole();
  onTestFinished(async () => {
    await store.client.query(`drop owned by ${role.user} cascade`);
    await dropRole(role);
  });
  return role;
}

describe("what the server says", () => {
  test("a database that takes no changes is read-only, and can be read", async () => {
    const provider = await store.open();
    await provider.put("a", body("x"));
    const { name } = store.database;
    await store.client.query(`alter database ${name} set default_transaction_read_only = on`);
    onTestFinished(async () => {
      await store.client.query(`alter database ${name} reset default_transaction_read_only`);
    });
    const again = await postgres.open(store.settings, store.ownership, act(store.database.url));
    const readOnly = { code: "PLACE", trouble: "read_only", hint: expect.any(String) };
    await expect(again.put("b", body("x"))).rejects.toMatchObject(readOnly);
    await expect(again.delete("a")).rejects.toMatchObject(readOnly);
    expect(await read(again, "a")).toEqual(Buffer.from("x"));
    await again.close();
  });

  test.each([
    ["53100", "full"],
    ["53200", "unreachable"],
    ["57014", "failed"],
    ["22000", "failed"],
  ])("%s is %s, and leaves nothing", async (code, trouble) => {
    const provider = await store.open();
    await store.client.query(`
      create function lastgood_store.fail() returns trigger language plpgsql as
        $$ begin raise exception 'no more' using errcode = '${code}'; end; $$;
      create trigger fail before insert on lastgood_store.chunk
        for each row execute function lastgood_store.fail();`);
    const refusal = { code: "PLACE", trouble, message: expect.stringContaining("no more") };
    await expect(provider.put("a", body("x"))).rejects.toMatchObject(refusal);
    expect(await list(provider)).toEqual([]);
    await store.client.query("drop trigger fail on lastgood_store.chunk");
    await provider.removePartial("");
    expect(await store.count()).toEqual({ whole: 0, partial: 0, chunks: 0 });
  });

  test("tables that are gone are a place that is away, and nothing is missing", async () => {
    const provider = await store.open();
    await provider.put("a", body("x"));
    await store.client.query("drop schema lastgood_store cascade");
    const away = { code: "PLACE", trouble: "unreachable", hint: expect.any(String) };
    await expect(provider.get("a")).rejects.toMatchObject(away);
    await expect(provider.stat("a")).rejects.toMatchObject(away);
    await expect(list(provider)).rejects.toMatchObject(away);
    await expect(provider.put("a", body("y"))).rejects.toMatchObject(away);
  });
});

describe("a role", () => {
  test("that may make no schema is told so", async () => {
    const { user, password } = await newRole();
    const url = store.database.urlFor({ user, password });
    const making = postgres.initialise(store.settings, newOwnership(), act(url));
    const refusal = { trouble: "failed", hint: expect.stringContaining("CREATE on the database") };
    await expect(making).rejects.toMatchObject(refusal);
    expect(await postgres.owner(store.settings, act(url))).toBeUndefined();
  });

  test("for which a DBA made it needs no right to do so", async () => {
    const { user, password } = await newRole();
    const { output } = await lastgood({}, "sql", "object-store");
    expect(output).toBe(readSqlFile("object-store.sql").text);
    await store.client.query(`create schema lastgood_store authorization ${user};
      set role ${user}; ${output}; reset role;`);
    const given = act(store.database.urlFor({ user, password }));
    const ownership = newOwnership();
    await postgres.initialise(store.settings, ownership, given);
    const provider = await postgres.open(store.settings, ownership, given);
    await provider.put("a", body("x"));
    expect(await read(provider, "a")).toEqual(Buffer.from("x"));
    await provider.close();
  });
});

describe("a schema of that name", () => {
  const foreign = { code: "PLACE", trouble: "foreign", hint: expect.any(String) };

  test("with other tables is refused, and not changed", async () => {
    await store.client.query("create schema lastgood_store create table precious (id integer)");
    await expect(store.open()).rejects.toMatchObject(foreign);
    const { rows } = await store.client.query(
      `select relname from pg_class where relnamespace = 'lastgood_store'::regnamespace`,
    );
    expect(rows).toEqual([{ relname: "precious" }]);
    expect(await postgres.owner(store.settings, act(store.database.url))).toBeUndefined();
  });

  test("with objects and no marker is refused", async () => {
    const provider = await store.open();
    await provider.put("a", body("x"));
    await store.client.query("delete from lastgood_store.marker");
    await expect(store.open()).rejects.toMatchObject(foreign);
  });

  test("of a later version is refused", async () => {
    await store.open();
    await store.client.query("update lastgood_store.marker set version = 2");
    await expect(store.open()).rejects.toMatchObject(foreign);
  });
});

describe("secrets", () => {
  test.each([
    ["a wrong password", (url: URL) => (url.password = "hush-hush")],
    ["a port where nobody listens", (url: URL) => (url.port = "1")],
    ["a database that is not there", (url: URL) => (url.pathname = "/nowhere")],
    ["a URL that is none", (url: URL) => (url.protocol = "mysql:")],
  ])("stand in no error: %s", async (_, spoil) => {
    const url = new URL(store.database.url);
    url.password = "hush-hush";
    spoil(url);
    const given = act(url.href);
    const ownership = newOwnership();
    const attempts = await Promise.allSettled([
      postgres.open(store.settings, ownership, given),
      postgres.initialise(store.settings, ownership, given),
      postgres.owner(store.settings, given),
      postgres.takeOver(store.settings, ownership, newOwnership(), given),
    ]);
    for (const result of attempts) {
      expect(result.status).toBe("rejected");
      expect(inspect(result, { depth: 20, showHidden: true })).not.toContain("hush-hush");
    }
  });

  test("a password in a setting is refused without being shown", () => {
    const given = { url: "postgresql://me:hush-hush@db.example/store" };
    expect(() => parseSettings(postgres, given)).toThrow(/without a password/);
    expect(() => parseSettings(postgres, given)).not.toThrow(/hush-hush/);
  });

  test("one that is not there fails the place, not the backup", async () => {
    const opening = postgres.open(store.settings, newOwnership(), { env: {}, signal: never });
    await expect(opening).rejects.toMatchObject({ code: "PLACE", trouble: "failed" });
  });
});
