import { copyFile, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { BackupRow } from "../../src/dao/backup.ts";
import { addOvf } from "../sources/ovf/support.ts";
import { commonMachine, makeOvf, ovfId } from "../support/ovf.ts";
import { makeStore } from "../support/ovf-store.ts";
import { backupsOf, contentsOf, useCatalogue } from "./crash.ts";
import {
  addDomain,
  addMachines,
  currentDocuments,
  goodRounds,
  goodStores,
  objectsOf,
  writeRound,
} from "./msd-support.ts";
import { addFiles, addVault, usePlace } from "./support.ts";

const place = usePlace();
const catalogue = useCatalogue(place);
let count = 0;
let [name, domain, folder] = ["", "", ""];

beforeEach(async () => {
  count += 1;
  [name, domain] = [`vms${count}`, `domain${count}`];
  await addMachines(place, name);
  folder = await addDomain(place, domain);
});

const create = (...options: string[]): string[] => [
  "backup",
  "create",
  name,
  "--provider",
  domain,
  ...options,
];

/** A backup of a new round. */
async function back(round: number, ...options: string[]): Promise<string> {
  await writeRound(place, round);
  return await place.ok(create(...options));
}

/** Newest first: state of each backup and of its copy at the domain. */
async function states(): Promise<string[]> {
  return (await backupsOf(place, name)).map(({ state, copies }) =>
    [state, copies.find((copy) => copy.provider === domain)?.state].join(" "),
  );
}

async function restored(id: string, ...options: string[]): Promise<Map<string, string>> {
  const target = join(place.folder, `restored-${id}-${String(Math.random()).slice(2)}`);
  await place.ok("restore", "create", id, "--to", target, "--register", options);
  return await contentsOf(target);
}

async function damage(slot: number, kind = "tar"): Promise<void> {
  const path = join(folder, name, `ovf_store_${slot}.${kind}`);
  const bytes = await readFile(path);
  bytes[700] = (bytes[700] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

describe("five backups", () => {
  test("lie in two stores in turn, and the newest two are always whole", async () => {
    const ids: string[] = [];
    for (const round of [1, 2, 3, 4, 5]) {
      ids.push(await back(round));
      const expected = round === 1 ? [1] : [round - 1, round];
      expect(await goodRounds(folder, name)).toEqual(expected);
      expect(await objectsOf(folder)).toHaveLength(2 * expected.length);
      const store = await goodStores(folder, name);
      const now = await currentDocuments(place);
      expect(store.some(({ documents }) => isSame(documents, now))).toBe(true);
      expect(
        await place.run("backup", "verify", ids.at(-1) ?? "", "--level", "decode"),
      ).toMatchObject({ status: 0 });
    }
    expect(await states()).toEqual([
      "COMPLETE COMPLETE",
      "COMPLETE COMPLETE",
      "DELETED DELETED",
      "DELETED DELETED",
      "DELETED DELETED",
    ]);
    const [copy] = (await backupsOf(place, name))[4]?.copies ?? [];
    expect(copy?.reason).toMatch(new RegExp(`^it gave way to backup "${name}-`));
    expect(await place.run("restore", "create", ids[0] ?? "", "--to", "/nowhere")).toMatchObject({
      status: 1,
    });
  });

  test("asked for as incremental are full, and never fail", async () => {
    for (const round of [1, 2, 3, 4, 5]) await back(round, "--incremental");
    const types = (await backupsOf(place, name)).map(({ type }) => type);
    expect(new Set(types)).toEqual(new Set(["full"]));
    expect(await goodRounds(folder, name)).toEqual([4, 5]);
  });
});

function isSame(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, text]) => b.get(key) === text);
}

test("each machine is restored from there, byte for byte", async () => {
  const id = await back(1);
  const documents = await currentDocuments(place);
  const files = await restored(id, "--from", domain);
  expect([...files.values()].toSorted()).toEqual([...documents.values()].toSorted());
  const one = await restored(id, "--item", ovfId(2));
  expect([...one.values()]).toEqual([documents.get(`${ovfId(2)}.ovf`)]);
});

test("a store that an engine made is backed up, and what we write is read as one", async () => {
  const path = join(place.folder, "engine.tar");
  const documents = Object.fromEntries(
    [1, 2, 3].map((number) => [ovfId(number), makeOvf(commonMachine(number))]),
  );
  await writeFile(path, makeStore(documents, { [ovfId(2)]: 1 }));
  await addOvf(place, `${name}-engine`, `path=${path}`);
  const args = ["backup", "create", `${name}-engine`, "--provider", domain];
  await place.ok(args);
  const [store] = await goodStores(folder, `${name}-engine`);
  const wanted = Object.entries(documents).map(([id, text]) => [`${id}.ovf`, text]);
  expect([...(store?.documents ?? [])]).toEqual(wanted);

  const [copy, second] = [join(place.folder, "copy.tar"), `${name}-again`];
  await copyFile(store?.tar ?? "", copy);
  await addOvf(place, second, `path=${copy}`);
  await place.ok("backup", "create", second, "--provider", domain);
  const [again] = await goodStores(folder, second);
  expect(again?.documents).toEqual(store?.documents);
  const itemsOf = async (source: string): Promise<unknown> => {
    const { rows } = await catalogue.client.query(
      `select i.kind, i.name, i.details from lastgood.backup_item as i
       join lastgood.backup_summary as b on b.backup_id = i.backup_id
       where b.source = $1 order by i.name`,
      [source],
    );
    return rows;
  };
  expect(await itemsOf(second)).toEqual(await itemsOf(`${name}-engine`));
});

describe("when the newest store is bad", () => {
  test.each(["verified", "not verified"])(
    "and %s, it goes, and the good one stays",
    async (how) => {
      const [, second] = [await back(1), await back(2)];
      await damage(1);
      if (how === "verified") await place.run("backup", "verify", second);
      expect((await states())[0]).toBe(`COMPLETE ${how === "verified" ? "CORRUPT" : "COMPLETE"}`);
      await back(3);
      expect(await goodRounds(folder, name)).toEqual([1, 3]);
      expect(await states()).toEqual(["COMPLETE COMPLETE", "DELETED DELETED", "COMPLETE COMPLETE"]);
    },
  );

  test.each(["tar", "json"])("because its %s is, it is told", async (kind) => {
    await back(1);
    await back(2);
    await damage(1, kind);
    await writeRound(place, 3);
    const outcome = await place.run(create());
    expect(outcome).toMatchObject({ status: 0 });
    expect(outcome.errors).toContain(`at ${domain} is bad: ${name}/ovf_store_1.${kind}: `);
    const [, bad] = await backupsOf(place, name);
    expect(bad?.copies[0]?.reason).toContain("gave way");
  });

  test("because the stores changed places, nothing is taken for the other", async () => {
    await back(1);
    const second = await back(2);
    const path = (slot: number): string => join(folder, name, `ovf_store_${slot}.tar`);
    await rename(path(0), path(2));
    await rename(path(1), path(0));
    await rename(path(2), path(1));
    expect(await place.run("backup", "verify", second)).toMatchObject({ status: 1 });
    await back(3);
    expect(await goodRounds(folder, name)).toEqual([3]);
    expect((await states())[0]).toBe("COMPLETE COMPLETE");
  });
});

describe("a backup that fails", () => {
  test("leaves both stores as they are", async () => {
    await back(1);
    await back(2);
    const before = await contentsOf(folder);
    const moved = join(place.folder, "away");
    await rename(join(place.folder, "ovf"), moved);
    expect(await place.run(create())).toMatchObject({ status: 1 });
    expect(await contentsOf(folder)).toEqual(before);
    await rename(moved, join(place.folder, "ovf"));
    await back(3);
    expect(await goodRounds(folder, name)).toEqual([2, 3]);
    expect(await objectsOf(folder)).toHaveLength(4);
  });

  test("is refused with LG053 where the older one is held, before anything is touched", async () => {
    const first = await back(1);
    await back(2);
    await place.ok("backup", "hold", first, "--reason", "audit");
    const before = await contentsOf(folder);
    const outcome = await place.run(create(), "--json");
    expect(outcome).toMatchObject({ status: 1 });
    expect(JSON.parse(outcome.output)).toMatchObject({
      error: { code: "LG053", hint: expect.stringContaining("backup release") as string },
    });
    expect(await contentsOf(folder)).toEqual(before);
    expect(await states()).toHaveLength(2);
    await place.ok("backup", "release", first);
    await back(3);
    expect(await goodRounds(folder, name)).toEqual([2, 3]);
  });

  test("of another type is refused with LG055", async () => {
    await addFiles(place, `${name}-files`, join(place.folder, "ovf"));
    const outcome = await place.run(
      "backup",
      "create",
      `${name}-files`,
      "--provider",
      domain,
      "--json",
    );
    expect(JSON.parse(outcome.output)).toMatchObject({ error: { code: "LG055" } });
  });
});

describe("with another provider beside it", () => {
  const both = (...providers: string[]): string[] =>
    ["backup", "create", name].concat(providers.flatMap((each) => ["--provider", each]));

  test.each(["before", "after"])("that was added %s it, a backup goes to both", async (order) => {
    const vault = `vault${count}`;
    let first = domain;
    if (order === "before") {
      await place.ok("provider", "delete", domain);
      await addVault(place, vault);
      first = `${domain}b`;
      folder = await addDomain(place, first);
    } else await addVault(place, vault);
    domain = first;
    const ids: string[] = [];
    for (const round of [1, 2, 3, 4]) {
      await writeRound(place, round);
      ids.push(await place.ok(both(domain, vault), "--incremental"));
    }
    const rows = await backupsOf(place, name);
    expect(rows.map(({ type }) => type)).toEqual([
      "incremental",
      "incremental",
      "incremental",
      "full",
    ]);
    expect(rows.map(({ state }) => state)).toEqual(Array.from({ length: 4 }, () => "COMPLETE"));
    expect(await goodRounds(folder, name)).toEqual([3, 4]);
    const [oldest = ""] = ids;
    expect([...(await restored(oldest, "--from", vault)).values()].join("")).toContain("round 1");
    expect(
      await place.run("restore", "create", oldest, "--to", "/no", "--from", domain),
    ).toMatchObject({ status: 1 });
    const newest = ids.at(-1) ?? "";
    expect(await restored(newest, "--from", domain)).toEqual(
      await restored(newest, "--from", vault),
    );
  });

  test("the copy there is made where nothing may give way at the last moment", async () => {
    const vault = `vault${count}`;
    await addVault(place, vault);
    const first = await back(1);
    await back(2);
    // Somebody holds it while the next one is made.
    await catalogue.client.query(`
      create function lastgood.hold_it() returns trigger language plpgsql as $$
      begin
        update lastgood.backup set held_at = now(), held_by = 'x' where backup_id = ${Number(first)};
        return new;
      end $$;
      create trigger hold_it after insert on lastgood.backup_copy
      for each statement execute function lastgood.hold_it()`);
    const outcome = await place.run(both(domain, vault));
    await catalogue.client.query("drop function lastgood.hold_it() cascade");
    expect(outcome).toMatchObject({ status: 0 });
    expect(outcome.errors).toContain(`no copy at ${domain}: `);
    expect(await goodRounds(folder, name)).toEqual([1, 2]);
    const [newest] = await backupsOf(place, name);
    expect(newest?.copies.map((copy) => [copy.provider, copy.state]).toSorted()).toEqual([
      [domain, "DELETING"],
      [vault, "COMPLETE"],
    ]);
  });

  test("a domain of each data centre holds its machines alone", async () => {
    const [one, two] = [`${domain}-one`, `${domain}-two`];
    const group = commonMachine(1).storagePoolId ?? "";
    const other = ovfId(2, 9);
    const folders = [
      await addDomain(place, one, "--group", group),
      await addDomain(place, two, "--group", other),
    ];
    for (const round of [1, 2, 3]) {
      await writeRound(place, round);
      const file = join(place.folder, "ovf", `${ovfId(9)}.ovf`);
      const options = { storagePoolId: other, description: `round ${round}` };
      await writeFile(file, makeOvf(commonMachine(9, options)));
      await place.ok(both(one, two));
    }
    const found = await Promise.all(folders.map((each) => goodStores(each, name)));
    expect(found.map((stores) => stores.length)).toEqual([2, 2]);
    expect(found.map((stores) => stores[0]?.documents.size)).toEqual([3, 1]);
    const [newest] = await place.json<BackupRow[]>("backup", "list", name);
    expect(newest).toMatchObject({ state: "COMPLETE", is_proven: true });
  });
});

test("sources share a domain, each with two stores of its own", async () => {
  const other = `${name}-b`;
  await addOvf(place, other, `path=${join(place.folder, "ovf")}`);
  for (const round of [1, 2, 3]) {
    await back(round);
    await place.ok("backup", "create", other, "--provider", domain);
  }
  expect(await goodRounds(folder, name)).toEqual([2, 3]);
  expect(await goodRounds(folder, other)).toEqual([2, 3]);
});

test("a deleted backup leaves its slot free, and the provider is checked as any other", async () => {
  const first = await back(1);
  await back(2);
  await place.ok("backup", "delete", first);
  expect(await objectsOf(folder)).toEqual([`${name}/ovf_store_1.json`, `${name}/ovf_store_1.tar`]);
  await back(3);
  expect(await goodRounds(folder, name)).toEqual([2, 3]);
  expect(await place.ok("provider", "check", domain)).toContain("was opened");
});
