import { expect, test } from "vitest";
import { findSourceType, sourceTypes } from "../../src/sources/registry.ts";
import { parseSettings } from "../../src/settings.ts";

test("each type is found under its name", async () => {
  for (const name of sourceTypes) expect((await findSourceType(name)).type).toBe(name);
});

test("a type that there is not is refused with those that there are", async () => {
  await expect(findSourceType("oracle")).rejects.toMatchObject({
    code: "USAGE",
    hint: "The types are postgresql, files, command, ovf.",
  });
});

test.for([
  [{}, 'setting "url" is missing'],
  [{ url: "postgresql://me:hush@host/db" }, 'setting "url" must be secret:NAME'],
  [{ url: "postgresql://me@host/db?password=hush" }, 'setting "url" must be secret:NAME'],
  [{ url: "secret:x", jobs: "many" }, 'setting "jobs"'],
  [{ url: "secret:x", jobs: 0 }, 'setting "jobs"'],
  [{ url: "secret:x", staging: "here" }, 'setting "staging" must be an absolute path'],
  [{ url: "secret:x", lock_timeout: "soon" }, 'setting "lock_timeout" must be a length of time'],
  [{ url: "secret:x", colour: "red" }, 'there is no setting "colour"'],
] as const)("settings that cannot be used are refused by name: %j", async ([settings, message]) => {
  const type = await findSourceType("postgresql");
  const parse = (): unknown => parseSettings(type, settings);
  expect(parse).toThrow(message);
  expect(parse).not.toThrow("hush");
});

test("settings come as text", async () => {
  const type = await findSourceType("postgresql");
  const text = {
    url: "postgresql://me@host/db",
    databases: `shop, "a,b"`,
    exclude_tables: `log_*, "Odd"."T,x"`,
    jobs: "4",
    globals: "no",
  };
  expect(parseSettings(type, text)).toEqual({
    url: "postgresql://me@host/db",
    databases: ["shop", "a,b"],
    exclude_tables: ["log_*", `"Odd"."T,x"`],
    jobs: 4,
    globals: false,
    lock_timeout: "30s",
  });
});
