import { readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { addVault, usePlace } from "../../backup/support.ts";
import {
  brokenDocuments,
  commonMachine,
  makeOvf,
  ovfId,
  type OvfOptions,
} from "../../support/ovf.ts";
import { makeStore, makeTar } from "../../support/ovf-store.ts";
import { addOvf, takeBackup, writeDocuments } from "./support.ts";

const place = usePlace();
let count = 0;
let [name, vault] = ["", ""];

beforeEach(async () => {
  count += 1;
  [name, vault] = [`vms${count}`, `vault${count}`];
  await addVault(place, vault);
});

function size(options: OvfOptions): number {
  return Buffer.byteLength(makeOvf(options));
}

test("each document of a folder is an item with its group and generation, and restored as it was", async () => {
  const documents = {
    "DC1/web.ovf": commonMachine(2, { name: "web", generation: 7 }),
    "DC2/db.ovf": commonMachine(1, { name: "db", style: "old-engine" }),
    "base.ovf": commonMachine(3, { name: "base", isTemplate: true, style: "ova" }),
    "diskless.ovf": commonMachine(4, { disks: [], generation: null }),
  };
  const path = await writeDocuments(place, documents);
  await addOvf(place, name, `path=${path}`);
  const { backup, items, status, missing } = await takeBackup(place, name, "--provider", vault);
  expect({ state: backup.state, status, missing }).toEqual({
    state: "COMPLETE",
    status: 0,
    missing: [],
  });
  const pool = ovfId(1, 9);
  expect(items).toEqual([
    {
      kind: "vm",
      name: "db",
      sizeBytes: size(documents["DC2/db.ovf"]),
      details: {
        id: ovfId(1),
        group: "DC2",
        groupId: pool,
        generation: 1,
        path: `${ovfId(1)}.ovf`,
      },
    },
    {
      kind: "vm",
      name: "web",
      sizeBytes: size(documents["DC1/web.ovf"]),
      details: {
        id: ovfId(2),
        group: "DC1",
        groupId: pool,
        generation: 7,
        path: `${ovfId(2)}.ovf`,
      },
    },
    {
      kind: "template",
      name: "base",
      sizeBytes: size(documents["base.ovf"]),
      details: { id: ovfId(3), group: pool, groupId: pool, generation: 1, path: `${ovfId(3)}.ovf` },
    },
    {
      kind: "vm",
      name: "vm4",
      sizeBytes: size(documents["diskless.ovf"]),
      details: { id: ovfId(4), group: "", path: `${ovfId(4)}.ovf` },
    },
  ]);
  const target = join(place.folder, "restored");
  await place.ok([
    "restore",
    "create",
    `${backup.id}`,
    "--to",
    target,
    "--item",
    "web",
    "--register",
  ]);
  expect(await readFile(join(target, `${ovfId(2)}.ovf`), "utf8")).toBe(
    makeOvf(documents["DC1/web.ovf"]),
  );
});

test("of several machines with one name the further ones are called by their id too", async () => {
  const path = await writeDocuments(place, {
    "a/web.ovf": commonMachine(1, { name: "web" }),
    "b/web.ovf": commonMachine(2, { name: "web" }),
    "b/template.ovf": commonMachine(3, { name: "web", isTemplate: true }),
  });
  await addOvf(place, name, `path=${path}`);
  const { items } = await takeBackup(place, name, "--provider", vault);
  expect(items.map((item) => [item.kind, item.name, item.details?.["name"]])).toEqual([
    ["vm", "web", undefined],
    ["vm", `web (${ovfId(2)})`, "web"],
    ["template", "web", undefined],
  ]);
});

describe("what is bad is named and stops nothing", () => {
  test("broken documents, and those of others", async () => {
    const broken = Object.entries(brokenDocuments(commonMachine(99)));
    const path = await writeDocuments(place, {
      ...Object.fromEntries(broken.map(([what, bytes]) => [`DC1/${what}.ovf`, bytes])),
      "esx.ovf": commonMachine(98, { style: "vmware" }),
      "good.ovf": commonMachine(1),
    });
    await addOvf(place, name, `path=${path}`);
    const { backup, items, status, missing, errors } = await takeBackup(
      place,
      name,
      "--provider",
      vault,
    );
    expect(items.map((item) => item.name)).toEqual(["vm1"]);
    expect({ state: backup.state, status }).toEqual({ state: "PARTIAL", status: 1 });
    expect(missing.map((text) => text.split(":")[0] ?? "").toSorted()).toEqual(
      [...broken.map(([what]) => `DC1/${what}.ovf`), "esx.ovf"].toSorted(),
    );
    expect(missing).toContain("esx.ovf: it was made by VMware, not by oVirt");
    expect(errors).toContain("missing: DC1/empty.ovf: it is empty");
    expect(backup.is_good).toBe(false);
    const [scope] = await place.json<{ scopes: { state: string }[] }[]>(
      "status",
      `${name}.example`,
    );
    expect(scope).toMatchObject({ state: "missing" });
  });

  test("a second document of one machine", async () => {
    const path = await writeDocuments(place, {
      "DC1/web.ovf": commonMachine(1, { name: "first" }),
      "DC2/web.ovf": commonMachine(1, { name: "second" }),
    });
    await addOvf(place, name, `path=${path}`);
    const { backup, items, missing } = await takeBackup(place, name, "--provider", vault);
    expect(items.map((item) => item.name)).toEqual(["first"]);
    expect(missing).toEqual([`DC2/web.ovf: its machine ${ovfId(1)} is also that of DC1/web.ovf`]);
    expect(backup.state).toBe("PARTIAL");
  });

  test("what is no file, or too large", async () => {
    const path = await writeDocuments(place, { "good.ovf": commonMachine(1), "large.ovf": "" });
    await symlink(join(path, "good.ovf"), join(path, "link.ovf"));
    await truncate(join(path, "large.ovf"), 17 * 1024 * 1024);
    await addOvf(place, name, `path=${path}`);
    const { missing } = await takeBackup(place, name, "--provider", vault);
    expect(missing).toEqual([
      "large.ovf: it has 17.8 MB, more than any document of oVirt's",
      "link.ovf: it is a symbolic link, which is not followed",
    ]);
  });

  test("all of them: the backup has nothing, and says why", async () => {
    const path = await writeDocuments(place, { "web.ovf": "no XML" });
    await addOvf(place, name, `path=${path}`);
    const { backup, items } = await takeBackup(place, name, "--provider", vault);
    expect({ state: backup.state, items }).toEqual({ state: "PARTIAL", items: [] });
  });
});

test("what lies deeper, or is a link to a folder, is left out and said; other files are not looked at", async () => {
  const path = await writeDocuments(place, {
    "good.ovf": commonMachine(1),
    "upper.OVF": commonMachine(2),
    "readme.txt": "not this",
    "DC1/deep/web.ovf": commonMachine(3),
  });
  await symlink(join(path, "DC1"), join(path, "DC2"));
  await addOvf(place, name, `path=${path}`);
  const { backup, items, errors } = await takeBackup(place, name, "--provider", vault);
  expect(items.map((item) => item.name)).toEqual(["vm1", "vm2"]);
  expect(backup.state).toBe("COMPLETE");
  expect(errors).toContain("DC1/deep is not looked into: it lies too deep");
  expect(errors).toContain("DC2 is a link: it is not followed");
});

describe("fails, and keeps no backup", () => {
  test.for(["empty", "of other files", "gone", "an empty store"])(
    "a source that is %s",
    async (what) => {
      const path = await writeDocuments(place, { "DC1/web.txt": "" });
      if (what === "empty") await rm(join(path, "DC1"), { recursive: true });
      if (what === "gone") await rm(path, { recursive: true });
      const store = join(place.folder, "store.tar");
      await writeFile(store, makeStore({}));
      await addOvf(place, name, `path=${what === "an empty store" ? store : path}`);
      const { backup, status, errors } = await takeBackup(place, name, "--provider", vault);
      expect({ state: backup.state, status }).toEqual({ state: "FAILED", status: 1 });
      expect(errors).toContain("mounted");
      const check = await place.run("source", "check", name);
      expect(check.status).not.toBe(0);
    },
  );
});

describe("an OVF_STORE", () => {
  async function addStore(bytes: Buffer): Promise<void> {
    const store = join(place.folder, "store.tar");
    await writeFile(store, bytes);
    await addOvf(place, name, `path=${store}`);
  }

  test("is read by its rules: other members are ignored, the id is the name of the file", async () => {
    const store = makeStore(
      {
        [ovfId(1)]: makeOvf(commonMachine(1)),
        [ovfId(2)]: makeOvf(commonMachine(22, { name: "other id" })),
        "by-name": makeOvf(commonMachine(3)),
        broken: "no XML",
      },
      { [ovfId(1)]: 1 },
    );
    const more = makeTar([
      { name: "notes.txt", bytes: "ignored" },
      { name: "folder", bytes: "", type: "5" },
      { name: `./${ovfId(4).toUpperCase()}.ovf`, bytes: makeOvf(commonMachine(4)) },
    ]);
    // As on a disk: the end of one tar is not the end of the other, and zeros follow.
    await addStore(Buffer.concat([more.subarray(0, -1024), store, Buffer.alloc(1024 * 1024)]));
    const { backup, items, missing } = await takeBackup(place, name, "--provider", vault);
    expect(
      items.map((item) => [item.name, item.details?.["id"], item.details?.["status"]]),
    ).toEqual([
      ["vm1", ovfId(1), 1],
      ["other id", ovfId(2), undefined],
      ["vm3", ovfId(3), undefined],
      ["vm4", ovfId(4), undefined],
    ]);
    expect(items[1]?.details).toMatchObject({ documentId: ovfId(22), path: `${ovfId(2)}.ovf` });
    expect(items.map((item) => item.details?.["group"])).toEqual(Array(4).fill(ovfId(1, 9)));
    expect(missing).toEqual(["broken.ovf: it is not XML: line 1: text data outside of root node"]);
    expect(backup.state).toBe("PARTIAL");
    const verified = await place.ok("backup", "verify", `${backup.id}`, "--level", "restore");
    expect(verified).toContain("restore  ok");
  });

  test.for([
    ["is cut off", (bytes: Buffer) => bytes.subarray(0, 3000), "it is cut off within"],
    ["is no tar", () => Buffer.from("no tar".repeat(1000)), "it is no tar"],
    [
      "has a bad header",
      (bytes: Buffer) => Buffer.from(bytes.toString("latin1").replace("ustar", "USTAR"), "latin1"),
      "it is no tar",
    ],
  ] as const)("fails where it %s", async ([, damage, reason]) => {
    await addStore(damage(makeStore({ [ovfId(1)]: makeOvf(commonMachine(1)) })));
    const { backup, errors } = await takeBackup(place, name, "--provider", vault);
    expect(backup.state).toBe("FAILED");
    expect(errors).toContain(reason);
  });
});

test("source check counts the machines of each group and names bad documents", async () => {
  const path = await writeDocuments(place, {
    "DC1/a.ovf": commonMachine(1),
    "DC1/b.ovf": commonMachine(2),
    "DC2/t.ovf": commonMachine(3, { isTemplate: true }),
    "none.ovf": commonMachine(4, { disks: [] }),
    "DC3/bad.ovf": "no XML",
  });
  await addOvf(place, name, `path=${path}`);
  expect((await place.ok("source", "check", name)).split("\n")).toEqual([
    "of no group: 1 machine, 0 templates",
    "group DC1: 2 machines, 0 templates",
    "group DC2: 0 machines, 1 template",
    "group DC3: 0 machines, 0 templates",
    "bad: DC3/bad.ovf: it is not XML: line 1: text data outside of root node",
  ]);
  expect(await place.run("backup", "list")).toMatchObject({
    output: expect.not.stringContaining(name),
  });
});

test.for([
  ["neither", []],
  ["both", ["--set", "path=/var/lib/ovf", "--set", "url=secret:engine"]],
] as const)("a source with %s of path and url is refused", async ([, settings]) => {
  const added = await place.run(
    ["source", "add", name, "--type", "ovf", "--system", "a.example", "--scope", "files"],
    settings,
  );
  expect(added.status).toBe(2);
  expect(added.errors).toContain("give either path or url");
});
