import { readdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { parseDocument } from "../../src/sources/ovf/document.ts";
import { addFiles, addVault, usePlace } from "../backup/support.ts";
import { addOvf, takeBackup, writeDocuments } from "../sources/ovf/support.ts";
import { commonMachine, makeOvf, type OvfOptions, ovfId } from "../support/ovf.ts";
import type { Outcome } from "../support/cli.ts";

const place = usePlace();
let count = 0;
let [source, target] = ["", ""];

beforeEach(async () => {
  count += 1;
  [source, target] = [`vms${count}`, join(place.folder, "restored")];
});

/** A backup of these machines, each in the folder of its group; its id. */
async function backUp(
  machines: readonly (OvfOptions & { group?: string })[],
  ...options: readonly string[]
): Promise<string> {
  const documents = machines.map(
    (machine) => [`${machine.group ?? "DC1"}/${machine.id}.ovf`, machine] as const,
  );
  const path = await writeDocuments(place, Object.fromEntries(documents));
  await addOvf(place, source, `path=${path}`);
  const { backup, status, errors } = await takeBackup(place, source, ...options);
  expect({ status, errors: status === 0 ? "" : errors }).toEqual({ status: 0, errors: "" });
  return `${backup.id}`;
}

async function vault(...options: string[]): Promise<string> {
  const name = `vault${count}`;
  await addVault(place, name, ...options);
  return name;
}

async function restore(id: string, ...args: readonly string[]): Promise<Outcome> {
  return await place.run(["restore", "create", id, "--to", target], args);
}

async function namesRestored(): Promise<readonly string[]> {
  const files = readdirSync(target);
  const texts = await Promise.all(files.map(async (file) => readFile(join(target, file))));
  return texts.map((text) => parseDocument(text).name).toSorted();
}

const web = commonMachine(1, { name: "web01" });
const db = commonMachine(2, { name: "db01" });

describe("machines are picked", () => {
  test("by name with a number of copies, and by id", async () => {
    const id = await backUp([web, db, commonMachine(3)], "--provider", await vault());
    const { status, output, errors } = await restore(
      id,
      "--item",
      "web01:2",
      "--item",
      ovfId(2).toUpperCase(),
    );
    expect(status).toBe(0);
    expect(await namesRestored()).toEqual(["db01", "web01-1", "web01-2"]);
    expect(output).toMatch(
      new RegExp(`^web01 → web01-1: vm ${ovfId(1)} → [0-9a-f-]{36}, disk `, "m"),
    );
    expect(output).toContain("MAC 56:6f:00:00:00:01 → ");
    expect(errors).toContain("without an inventory");
    const files = readdirSync(target);
    expect(files.some((file) => file.includes(ovfId(1)))).toBe(false);
  });

  test("by a name that ends as a number of copies would: the name wins", async () => {
    const names = ["web", "web:2", "web:2:3"];
    const machines = names.map((name, index) => commonMachine(index + 1, { name }));
    const id = await backUp(machines, "--provider", await vault());
    const first = await restore(id, "--item", "web:2");
    expect(first).toMatchObject({ status: 0 });
    expect(await namesRestored()).toEqual(["web:2"]);
    target += "-2";
    await restore(id, "--item", "web:3", "--item", "web:2:2");
    expect(await namesRestored()).toEqual(["web-1", "web-2", "web-3", "web:2-1", "web:2-2"]);
  });

  test("by any name", async () => {
    const names = ["two words", "größe 🦆", `<a> & "b"`, "100%", "a*b"];
    const machines = names.map((name, index) => commonMachine(index + 1, { name }));
    const id = await backUp(machines, "--provider", await vault());
    const picked = names.flatMap((name) => ["--item", `${name}:1`]);
    expect(await restore(id, ...picked, "--suffix", " <x>")).toMatchObject({ status: 0 });
    expect(await namesRestored()).toEqual(names.map((name) => `${name} <x>`).toSorted());
  });

  test("by patterns of whole names, with copies; an ending after a dot is no name", async () => {
    const names = ["web.example.com", "db.example.com", "com"];
    const machines = names.map((name, index) => commonMachine(index + 1, { name }));
    const id = await backUp(machines, "--provider", await vault());
    expect(await restore(id, "--item", "*.example.com:2")).toMatchObject({ status: 0 });
    expect(await namesRestored()).toHaveLength(4);
    target += "-2";
    expect(await restore(id, "--item", "example.com")).toMatchObject({
      status: 2,
      errors: expect.stringContaining('the backup has no item "example.com"'),
    });
  });

  test("by the id that a row of the catalogue has, where a template has the same name", async () => {
    const id = await backUp(
      [web, { ...db, name: "web01", isTemplate: true }],
      "--provider",
      await vault(),
    );
    const { status, errors } = await restore(id, "--item", "web01");
    expect(status).toBe(2);
    const [, row = ""] = /template (\d+)/.exec(errors) ?? [];
    expect(await restore(id, "--item", `${row}:2`)).toMatchObject({ status: 0 });
    expect(await namesRestored()).toEqual(["web01-1", "web01-2"]);
  });

  test("and not otherwise", async () => {
    const id = await backUp([web, db], "--provider", await vault());
    for (const [names, message] of [
      [["web01:0"], '"web01:0" asks for no copy at all'],
      [["web01:2", "web01"], '"web01" is picked twice, with other numbers of copies'],
      [["web02"], 'the backup has no item "web02"'],
      [["web*.ovf"], 'no item or path of the backup is like "web*.ovf"'],
    ] as const) {
      const { status, errors } = await restore(id, ...names.flatMap((name) => ["--item", name]));
      expect({ status, errors }).toEqual({ status: 2, errors: expect.stringContaining(message) });
    }
  });

  test("and nothing else has copies", async () => {
    const provider = await vault();
    await writeDocuments(place, { "a.ovf": web });
    await addFiles(place, source, join(place.folder, "ovf"));
    const id = await place.ok("backup", "create", source, "--provider", provider);
    const { status, errors } = await restore(id, "--item", "a.ovf:2");
    expect(status).toBe(2);
    expect(errors).toContain('the backup has no item "a.ovf:2"');
  });
});

describe("a restore of machines", () => {
  test("tells the same in a dry run, as JSON too, and writes nothing", async () => {
    const id = await backUp([web], "--provider", await vault());
    const run = await restore(id, "--dry-run", "--register", "--json");
    expect(JSON.parse(run.output)).toMatchObject({
      id: null,
      actions: [`web01: registered with its ids, vm ${ovfId(1)}`],
      bytes: Buffer.byteLength(makeOvf(web)),
    });
    expect(readdirSync(place.folder)).not.toContain("restored");
    await restore(id, "--register");
    expect(readdirSync(target)).toEqual([`${ovfId(1)}.ovf`]);
    expect(await readFile(join(target, `${ovfId(1)}.ovf`), "utf8")).toBe(makeOvf(web));
  });

  test("compares with an inventory, and says all that is wrong before it writes", async () => {
    const id = await backUp([web, db], "--provider", await vault());
    const inventory = join(place.folder, "there.json");
    writeFileSync(
      inventory,
      JSON.stringify({
        vms: [{ id: ovfId(1), name: "web01" }],
        disks: [{ id: ovfId(2, 2) }],
        networks: [],
        macs: ["56:6f:00:00:00:02"],
      }),
    );
    const { status, errors } = await restore(id, "--register", "--inventory", inventory);
    expect(status).toBe(2);
    for (const line of [
      "web01: The VM name is already in use, please choose a unique name and try again.",
      `web01: The id ${ovfId(1)} exists already, as "web01". Please import as a clone.`,
      `web01: The following disks are missing: ${ovfId(1, 2)}.`,
      "web01: The following networks are missing: ovirtmgmt.",
      `db01: The following disks already exist: ${ovfId(2, 2)}. Please import as a clone.`,
      "db01: These MAC addresses are in use or cannot be: 56:6f:00:00:00:02.",
    ]) {
      expect(errors.split("\n")).toContain(line);
    }
    expect(readdirSync(place.folder)).not.toContain("restored");
    const clone = ["--suffix", "-b", "--allow-partial", "--inventory", inventory];
    const { output } = await restore(id, ...clone);
    expect(output).toContain(
      "db01-b: left out network ovirtmgmt of interface nic1, which is missing",
    );
    expect(await namesRestored()).toEqual(["db01-b", "web01-b"]);
  });

  test("names the options that it takes", async () => {
    const id = await backUp([web], "--provider", await vault());
    expect(await restore(id, "--no-owner")).toMatchObject({
      status: 2,
      errors: expect.stringContaining("allow-partial, reassign-bad-macs"),
    });
  });

  test("from a copy of one group has no others, and says where to look", async () => {
    const only = `dc1-${count}`;
    await addVault(place, only, "--group", "DC1");
    const machines = [web, { ...db, group: "DC2" }];
    const id = await backUp(machines, "--provider", await vault(), "--provider", only);
    const other = await restore(id, "--item", "web01", "--item", "db01", "--from", only);
    expect(other.status).toBe(2);
    expect(other.errors).toContain('the copy holds group "DC1" alone, and not group "DC2"');
    expect(other.errors).toContain("name it with --from");
    const all = await restore(id, "--from", only);
    expect(all.errors).toContain('group "DC1" alone, not those of "DC2"');
    expect(await namesRestored()).toEqual(["web01"]);
    target += "-2";
    await restore(id);
    expect(await namesRestored()).toEqual(["db01", "web01"]);
  });

  test("of a backup that is PARTIAL says what it lacks", async () => {
    const provider = await vault();
    const path = await writeDocuments(place, { "DC1/a.ovf": web, "DC1/bad.ovf": "no XML" });
    await addOvf(place, source, `path=${path}`);
    const { backup } = await takeBackup(place, source, "--provider", provider);
    const { status, errors } = await restore(`${backup.id}`);
    expect(status).toBe(0);
    expect(errors).toMatch(/the backup lacks DC1\/bad\.ovf: it is not XML/);
  });
});
