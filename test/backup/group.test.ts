import { expect, test } from "vitest";
import type { DescribedCopy } from "../../src/admin/described.ts";
import type { FilledCopy } from "../../src/backup/copy.ts";
import { unite } from "../../src/backup/group.ts";
import type { Item, Missing } from "../../src/manifest/entry.ts";

function copyOf(
  group: string | null,
  items: readonly Item[],
  missing: readonly Missing[] = [],
): FilledCopy {
  return {
    copy: { group_name: group } as DescribedCopy,
    body: { items, missing, notCollected: [], versions: {}, groups: group === null ? [] : [group] },
    sealed: {
      manifestKey: "m",
      manifestSha256: "",
      manifestSize: 1,
      storedBytes: 1,
      totals: { entries: items.length, files: items.length, bytes: 100 },
      packs: [],
    },
  };
}

const vm = (id: string, name: string): Item => ({ kind: "vm", name, details: { id } });

test("copies of groups make up a backup together", () => {
  const lost = { path: "lost.ovf", reason: "it is empty" };
  const { body, totals } = unite([
    copyOf("DC1", [vm("1", "a")], [lost]),
    copyOf("DC2", [vm("2", "b")], [lost, { path: "DC2/x.ovf", reason: "it is empty" }]),
  ]);
  expect(body).toMatchObject({ items: [{ name: "a" }, { name: "b" }], groups: ["DC1", "DC2"] });
  expect(body.missing.map(({ path }) => path)).toEqual(["lost.ovf", "DC2/x.ovf"]);
  expect(totals).toEqual({ bytes: 200, entries: 2 });
});

test("a second copy of a group adds nothing, and beside a whole one none does", () => {
  const twice = unite([copyOf("DC1", [vm("1", "a")]), copyOf("DC1", [vm("1", "a")])]);
  expect(twice).toMatchObject({ body: { items: [{ name: "a" }] }, totals: { entries: 1 } });
  const whole = unite([copyOf("DC1", [vm("1", "a")]), copyOf(null, [vm("1", "a"), vm("2", "b")])]);
  expect(whole).toMatchObject({ body: { items: [{}, {}] }, totals: { entries: 2 } });
});

test("what changed while they were made is lost to neither", () => {
  const { body } = unite([
    copyOf("DC1", [vm("1", "a"), vm("2", "moved")]),
    copyOf("DC2", [vm("2", "moved"), vm("3", "a")]),
  ]);
  expect(body.items.map(({ name }) => name)).toEqual(["a", "moved", "a (3)"]);
});
