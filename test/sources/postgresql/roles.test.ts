import { randomBytes } from "node:crypto";
import { describe, expect, onTestFinished, test, type TestContext } from "vitest";
import { parseRoles } from "../../../src/sources/postgresql/roles.ts";
import {
  administer,
  createRole,
  dropRole,
  emptyDatabase,
  type TestDatabase,
  type TestRole,
} from "../../support/database.ts";
import { clientProgram } from "../../support/programs.ts";
import { backUpUrl, databaseWith, restoreTo, type Backup } from "./support.ts";

interface Owned {
  readonly source: TestDatabase;
  readonly backup: Backup;
  readonly owner: string;
  readonly grantee: string;
  readonly bystander: string;
}

/** A backup of a database whose roles are gone by now. */
async function ownedBackup(context: TestContext): Promise<Owned> {
  await clientProgram(context, "pg_dump");
  const suffix = randomBytes(4).toString("hex");
  const [owner, grantee, bystander] = ["owner", "grantee", "bystander"].map(
    (name) => `lastgood_"${name}" ${suffix}`,
  ) as [string, string, string];
  for (const role of [owner, grantee, bystander]) {
    await administer(`create role ${quoted(role)} login password 'it''s secret'`);
  }
  await administer(`alter role ${quoted(owner)} set search_path = 'a', 'b;c'`);
  await administer(`comment on role ${quoted(owner)} is 'owns; much'`);
  await administer(`grant ${quoted(grantee)} to ${quoted(owner)}`);
  const source = await databaseWith(`
    create table a (i integer); alter table a owner to ${quoted(owner)};
    grant select on a to ${quoted(grantee)}; insert into a values (1)`);
  onTestFinished(() => source.drop());
  const backup = await backUpUrl(source.url, { settings: { globals: "true" } });
  await source.drop();
  for (const role of [owner, grantee, bystander]) await administer(`drop role ${quoted(role)}`);
  onTestFinished(async () => {
    for (const role of [owner, grantee, bystander]) {
      await administer(`drop role if exists ${quoted(role)}`).catch(() => undefined);
    }
  });
  return { source, backup, owner, grantee, bystander };
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

async function rolesLike(url: TestDatabase, suffix: string): Promise<readonly string[]> {
  const client = await url.connect();
  const { rows } = await client.query<{ rolname: string }>(
    "select rolname from pg_roles where rolname like '%' || $1 order by 1",
    [suffix],
  );
  return rows.map(({ rolname }) => rolname);
}

async function emptyTarget(owner?: TestRole): Promise<TestDatabase> {
  const target = await emptyDatabase();
  onTestFinished(() => target.drop());
  if (owner) await administer(`alter database ${target.name} owner to ${owner.user}`);
  return target;
}

describe("roles that are missing on the target", () => {
  test("are made as they were, with all that owned and granted", async (context) => {
    const { backup, owner, grantee, bystander } = await ownedBackup(context);
    const target = await emptyTarget();
    const { actions } = await restoreTo(target.url, backup);
    expect(actions[0]).toContain(`create roles:`);
    const client = await target.connect();
    const { rows } = await client.query(
      `select pg_get_userbyid(relowner) as owner, has_table_privilege($1, 'a', 'select') as granted,
              shobj_description(r.oid, 'pg_authid') as comment, rolconfig, rolcanlogin,
              pg_has_role(r.oid, $1, 'member') as is_member
         from pg_class c join pg_roles r on r.oid = relowner where relname = 'a'`,
      [grantee],
    );
    expect(rows).toEqual([
      {
        owner,
        granted: true,
        comment: "owns; much",
        rolconfig: [`search_path=a, "b;c"`],
        rolcanlogin: true,
        is_member: true,
      },
    ]);
    expect(await rolesLike(target, owner.slice(-8))).toContain(bystander);
  });

  test("are only the needed ones where a part is picked", async (context) => {
    const { backup, owner, grantee } = await ownedBackup(context);
    const target = await emptyTarget();
    await restoreTo(target.url, backup, { items: ["public.a"] });
    expect(await rolesLike(target, owner.slice(-8))).toEqual([grantee, owner].toSorted());
  });

  test("are not made, and the restore is refused, where the login may not", async (context) => {
    const { backup, owner } = await ownedBackup(context);
    const login = await createRole();
    const target = await emptyTarget(login);
    const url = target.urlFor(login);
    await expect(restoreTo(url, backup)).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringContaining(owner),
      hint: expect.stringContaining("no-owner"),
    });
    expect(await rolesLike(target, owner.slice(-8))).toEqual([]);
    const report = await restoreTo(url, backup, { options: { "no-owner": true } });
    expect(report.warnings.join()).toContain("belongs to the login");
    const client = await target.connect(login);
    expect((await client.query("select i from a")).rows).toEqual([{ i: 1 }]);
    await target.drop();
    await dropRole(login);
  });

  test("are removed again when the restore fails", async (context) => {
    const { backup, owner } = await ownedBackup(context);
    const data = backup.copy.entries.find(
      ({ path }) => path.endsWith(".dat") && !path.endsWith("toc.dat"),
    );
    backup.copy.contents.set(String(data?.content?.sha256), Buffer.from("2\n\\.\n\n\n"));
    const target = await emptyTarget();
    await expect(restoreTo(target.url, backup)).rejects.toThrow("corrupt");
    expect(await rolesLike(target, owner.slice(-8))).toEqual([]);
  });

  test("may be restored alone", async (context) => {
    const { backup, owner, grantee, bystander } = await ownedBackup(context);
    const target = await emptyTarget();
    await restoreTo(target.url, backup, { items: ["globals"] });
    expect(await rolesLike(target, owner.slice(-8))).toEqual(
      [bystander, grantee, owner].toSorted(),
    );
  });
});

test("a role that is there stays as it is", async (context) => {
  const { backup, owner } = await ownedBackup(context);
  await administer(`create role ${quoted(owner)} nologin`);
  const target = await emptyTarget();
  const { actions } = await restoreTo(target.url, backup);
  expect(actions.join("\n")).toMatch(new RegExp(`leave roles as they are: .*${owner.slice(-8)}`));
  const client = await target.connect();
  const { rows } = await client.query(
    "select rolcanlogin, rolconfig from pg_roles where rolname = $1",
    [owner],
  );
  expect(rows).toEqual([{ rolcanlogin: false, rolconfig: null }]);
});

test("only statements about roles are taken from what pg_dumpall wrote", () => {
  const globals = `
    \\restrict abc
    \\! touch /tmp/owned
    CREATE ROLE "a;b -- c";
    ALTER ROLE "a;b -- c" WITH NOSUPERUSER PASSWORD 'x''y;z';
    ALTER ROLE unknown WITH SUPERUSER;
    CREATE ROLE d SUPERUSER;
    DROP TABLE students;
    GRANT ALL ON DATABASE x TO "a;b -- c";
    GRANT pg_read_all_data TO "a;b -- c" WITH ADMIN OPTION GRANTED BY postgres;
    COMMENT ON ROLE "a;b -- c" IS E'it\\'s; \\\\';
    CREATE TABLESPACE t LOCATION '/t';`;
  const { roles, memberships } = parseRoles(globals.replaceAll(/^ +/gm, ""));
  expect(roles).toEqual([
    {
      role: "a;b -- c",
      statements: [
        `CREATE ROLE "a;b -- c"`,
        `ALTER ROLE "a;b -- c" WITH NOSUPERUSER PASSWORD 'x''y;z'`,
        `COMMENT ON ROLE "a;b -- c" IS E'it\\'s; \\\\'`,
      ],
    },
  ]);
  expect(memberships).toEqual([
    {
      role: "pg_read_all_data",
      member: "a;b -- c",
      statement: `GRANT pg_read_all_data TO "a;b -- c" WITH ADMIN OPTION`,
    },
  ]);
});
