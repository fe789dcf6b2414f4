import { describe, expect, inject, test } from "vitest";
import { useSession } from "../support/session.ts";

const session = useSession();

async function call(text: string): Promise<unknown[]> {
  return (await session.client.query(text)).rows;
}

async function codeOf(text: string): Promise<string | undefined> {
  await session.client.query("savepoint attempt");
  try {
    await session.client.query(text);
    return undefined;
  } catch (error) {
    await session.client.query("rollback to savepoint attempt");
    return (error as { code: string }).code;
  }
}

describe("what is refused, with a code", () => {
  test.each([
    ["LG003", "select lastgood.add_system('a', '{}')"],
    ["LG003", "select lastgood.add_system('a', array[''])"],
    ["LG003", "select lastgood.add_system('a', array['db', null])"],
    ["LG003", "select lastgood.add_system('a', array[repeat('x', 65)])"],
    [
      "LG003",
      "select lastgood.add_system('a', array(select i::text from generate_series(1, 101) as i))",
    ],
    ["LG004", "select lastgood.set_required_scopes('nope', array['db'])"],
    ["LG004", "select lastgood.set_alert_after('nope', '1 day')"],
    ["LG004", "select lastgood.set_reporters('nope', null)"],
    ["LG004", "select lastgood.retire_system('nope')"],
    ["LG004", "select lastgood.reinstate_system('nope')"],
    ["LG005", "select lastgood.add_system('a', null, '0')"],
    ["LG005", "select lastgood.add_system('a', null, '-1 day')"],
    [
      inject("serverMajor") >= 17 ? "LG005" : "22007",
      "select lastgood.add_system('a', null, 'infinity')",
    ],
    ["LG006", "select lastgood.add_system(null)"],
    ["LG006", "select lastgood.add_system(repeat('x', 256))"],
    [
      "LG007",
      "select lastgood.add_system('a'), lastgood.set_reporters('a', array['no such role'])",
    ],
    ["LG007", "select lastgood.grant_role('no such role', 'reader')"],
    ["LG010", "select lastgood.grant_role(current_user::text, 'owner')"],
    ["LG010", "select lastgood.grant_role(current_user::text, null)"],
  ])("%s: %s", async (code, statement) => {
    expect(await codeOf(statement)).toBe(code);
    expect(await call("select fqdn from lastgood.system where fqdn <> 'a'")).toEqual([]);
  });
});

describe("adding a system", () => {
  test("says who did, and raises its alert at once", async () => {
    await call("select lastgood.add_system('a')");
    expect(
      await call(
        "select fqdn, message = session_user || ' added system \"a\".' as is_told from lastgood.audit_log where log_type_name = 'LASTGOOD_SYSTEM_ADDED'",
      ),
    ).toEqual([{ fqdn: "a", is_told: true }]);
    expect(await call("select fqdn from lastgood.active_alert")).toEqual([{ fqdn: "a" }]);
  });

  test("twice changes nothing but what is given", async () => {
    await call("select lastgood.add_system('a', array['db', 'db', 'files'], '36 hours')");
    await call("select lastgood.add_system('a')");
    expect(await call("select required_scopes, alert_after::text from lastgood.system")).toEqual([
      { required_scopes: ["db", "files"], alert_after: "36:00:00" },
    ]);
    expect(
      await call("select 1 from lastgood.audit_log where log_type_name = 'LASTGOOD_SYSTEM_ADDED'"),
    ).toHaveLength(1);
  });

  test("a name is kept as it is, quotes and all", async () => {
    await call(`select lastgood.add_system('it''s "a" \\ ü')`);
    expect(await call("select fqdn from lastgood.system_status")).toEqual([
      { fqdn: `it's "a" \\ ü` },
    ]);
  });
});

test("changing, retiring and reinstating leave an event each, doing it twice none", async () => {
  await call("select lastgood.add_system('a')");
  for (const _ of [1, 2]) {
    await call("select lastgood.set_required_scopes('a', array['db'])");
    await call("select lastgood.set_alert_after('a', '2 days')");
    await call("select lastgood.set_reporters('a', array[current_user::text])");
    await call("select lastgood.retire_system('a')");
  }
  await call("select lastgood.reinstate_system('a'), lastgood.reinstate_system('a')");
  expect(
    await call(
      "select log_type_name as name, count(*)::integer as n from lastgood.audit_log where log_type between 9111 and 9113 group by 1 order by 1",
    ),
  ).toEqual([
    { name: "LASTGOOD_SYSTEM_ADDED", n: 2 },
    { name: "LASTGOOD_SYSTEM_CHANGED", n: 3 },
    { name: "LASTGOOD_SYSTEM_RETIRED", n: 1 },
  ]);
});
