import type { Client } from "pg";
import { expect, test, type TestContext } from "vitest";
import { useSession } from "./support/session.ts";
import { skip } from "./support/skip.ts";

const session = useSession();

/** Skips where the server has no such extension; Debian's package is postgresql-15-plpgsql-check. */
async function createExtension(context: TestContext, client: Client): Promise<void> {
  const { rows } = await client.query(
    "select from pg_available_extensions where name = 'plpgsql_check'",
  );
  if (rows.length === 0) {
    skip(context, "the server has no extension plpgsql_check");
  }
  await client.query("create extension plpgsql_check");
}

async function remarks(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ remark: string }>(`
    select format('%s:%s: %s: %s', p.oid::regprocedure, c.lineno, c.level, c.message) as remark
    from pg_proc as p
    join pg_language as l on l.oid = p.prolang and l.lanname = 'plpgsql'
    left join pg_trigger as t on t.tgfoid = p.oid
    cross join lateral plpgsql_check_function_tb(
      p.oid, coalesce(t.tgrelid, 0), fatal_errors => false, extra_warnings => true, performance_warnings => true,
      security_warnings => true
    ) as c
    where p.pronamespace in ('lastgood'::regnamespace, 'lastgood_report'::regnamespace)
    order by 1`);
  return rows.map(({ remark }) => remark);
}

// They execute statements with every name quoted; roles.test.ts tries names that would break out, and
// check_schedule_keys lets nothing but columns through.
const expected = [
  "lastgood.execute_grants(text,text,boolean):10: security: text type variable is not sanitized",
  "lastgood.execute_grants(text,text,boolean):: performance: routine is marked as VOLATILE, should be STABLE",
  "lastgood.write_schedule(bigint,jsonb):13: security: text type variable is not sanitized",
  "lastgood.write_schedule(bigint,jsonb):19: security: text type variable is not sanitized",
  "lastgood.write_schedule(bigint,jsonb):: performance: routine is marked as VOLATILE, should be STABLE",
];

test("plpgsql_check has nothing to say about any function but those that execute what they made", async (context) => {
  await createExtension(context, session.client);
  expect(await remarks(session.client)).toEqual(expected);
});

test("plpgsql_check would find a column that does not exist", async (context) => {
  await createExtension(context, session.client);
  await session.client.query(`
    create function lastgood.bad() returns text language plpgsql as $$
    begin
      return (select s.no_such_column from lastgood.system as s);
    end;
    $$`);
  expect(await remarks(session.client)).toContainEqual(expect.stringContaining("no_such_column"));
});
