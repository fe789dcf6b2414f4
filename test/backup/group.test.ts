import { expect, test } from "vitest";
import type { DescribedCopy } from "../../src/admin/described.ts";
import { type FilledCopy, lostBetween, unite } from "../../src/backup/group.ts";
import type { Item, Missing } from "../../src/manifest/entry.ts";

function copyOf(
  group: string | null,
  items: readonly Item[],
  missing: readonly Missing[] = [],
  elsewhere: readonly Item[] = [],
): FilledCopy {
  return {
    elsewhere,
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

const vm = (id: string, name: string, group = ""): Item => ({
  kind: "vm",
  name,
  details: { id, group, path: `${id}.ovf` },
});

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

test("what moves behind the back of a reader is lost, and named", () => {
  const first = copyOf("DC1", [vm("1", "a", "DC1")], [], [vm("2", "b", "DC2")]);
  const second = copyOf("DC2", [vm("3", "c", "DC2")], [], [vm("2", "b", "DC1")]);
  expect(lostBetween([first], second)).toMatchObject([{ path: "vm b" }]);
  const gone = copyOf("DC2", [vm("3", "c", "DC2")]);
  expect(lostBetween([first], gone)).toMatchObject([{ path: "vm b" }]);
});

test("what moves ahead of a reader is not lost before its group was read", () => {
  const first = copyOf("DC1", [vm("1", "a", "DC1")], [], [vm("2", "b", "DC2")]);
  const second = copyOf("DC2", [vm("3", "c", "DC2")], [], [vm("2", "b", "DC3")]);
  expect(lostBetween([first], second)).toEqual([]);
  const found = copyOf("DC3", [vm("2", "b", "DC3")]);
  expect(lostBetween([first, second], found)).toEqual([]);
  const back = copyOf("DC3", [vm("4", "d", "DC3")], [], [vm("2", "b", "DC1")]);
  expect(lostBetween([first, second], back)).toMatchObject([{ path: "vm b" }]);
});

test("what is of a group without a copy is not lost between copies: its group is", () => {
  const first = copyOf("DC1", [vm("1", "a", "DC1")], [], [vm("2", "b", "DC9")]);
  expect(lostBetween([], first)).toEqual([]);
});
