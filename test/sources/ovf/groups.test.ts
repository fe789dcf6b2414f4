import { renameSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { createBackup } from "../../../src/backup/create.ts";
import { addVault, usePlace } from "../../backup/support.ts";
import { keptLog } from "../../support/log.ts";
import { commonMachine } from "../../support/ovf.ts";
import { addOvf, takeBackup, writeDocuments, type Taken } from "./support.ts";

const place = usePlace();
let count = 0;
let [name, one, two, whole] = ["", "", "", ""];

beforeEach(async () => {
  count += 1;
  [name, one, two, whole] = [`vms${count}`, `one${count}`, `two${count}`, `whole${count}`];
  await addVault(place, one, "--group", "DC1");
  await addVault(place, two, "--group", "DC2");
  await addVault(place, whole);
  const path = await writeDocuments(place, {
    "DC1/a.ovf": commonMachine(1, { name: "a" }),
    "DC1/b.ovf": commonMachine(2, { name: "b" }),
    "DC2/c.ovf": commonMachine(3, { name: "c" }),
  });
  await addOvf(place, name, `path=${path}`);
});

async function backUp(...providers: readonly string[]): Promise<Taken> {
  return await takeBackup(place, name, ...providers.flatMap((each) => ["--provider", each]));
}

function names({ items }: Taken): readonly string[] {
  return items.map((item) => item.name);
}

async function scopeState(): Promise<unknown> {
  const [system] = await place.json<{ scopes: { state: string }[] }[]>("status", `${name}.example`);
  return system?.scopes[0]?.state;
}

/** What a restore from one provider writes. */
async function restored(id: number, ...options: readonly string[]): Promise<readonly string[]> {
  const target = join(place.folder, `to-${Math.random()}`);
  const actions = await place.ok(["restore", "create", `${id}`, "--to", target, ...options]);
  expect(actions).not.toBe("");
  return (await readdir(target)).toSorted();
}

describe("providers of groups", () => {
  test("together hold a complete backup", async () => {
    const taken = await backUp(one, two);
    const { backup, missing } = taken;
    expect(missing).toEqual([]);
    expect(backup).toMatchObject({
      state: "COMPLETE",
      groups: ["DC1", "DC2"],
      is_good: true,
      proof_level: 2,
      entries: 3,
      copies: [
        { provider: one, group_name: "DC1", state: "COMPLETE" },
        { provider: two, group_name: "DC2", state: "COMPLETE" },
      ],
    });
    expect(names(taken)).toEqual(["a", "b", "c"]);
    expect(await scopeState()).toBe("ok");
    expect(await restored(backup.id, "--from", one)).toHaveLength(2);
    expect(await restored(backup.id, "--from", two)).toHaveLength(1);
  });

  test("alone leave the other groups out, and say which", async () => {
    const taken = await backUp(one);
    expect(taken.backup).toMatchObject({ state: "PARTIAL", groups: ["DC1", "DC2"], entries: 2 });
    expect(taken.missing).toEqual(["group DC2: no provider keeps it"]);
    expect(names(taken)).toEqual(["a", "b"]);
    expect(taken.status).toBe(1);
    expect(await scopeState()).toBe("missing");
  });

  test("beside a whole one hold a part of it", async () => {
    const taken = await backUp(one, whole);
    expect(taken.backup).toMatchObject({ state: "COMPLETE", entries: 3 });
    expect(names(taken)).toEqual(["a", "b", "c"]);
    expect(await restored(taken.backup.id, "--from", one)).toHaveLength(2);
    expect(await restored(taken.backup.id)).toHaveLength(3);
  });

  test("hold machines of no group nowhere", async () => {
    await writeDocuments(place, { "lone.ovf": commonMachine(9, { disks: [] }) });
    const { backup, missing } = await backUp(one, two);
    expect(backup).toMatchObject({ state: "PARTIAL", groups: ["", "DC1", "DC2"] });
    expect(missing).toEqual(["items of no group: no provider keeps it"]);
  });

  test("are told apart from those of which the source has nothing", async () => {
    await addVault(place, `three${count}`, "--group", "DC3");
    const only = await backUp(`three${count}`);
    expect(only.backup.state).toBe("FAILED");
    expect(only.errors).toContain('the source has nothing of group "DC3"');
    const beside = await backUp(one, two, `three${count}`);
    expect(beside.backup.state).toBe("COMPLETE");
    expect(beside.errors).toContain('the source has nothing of group "DC3"');
  });

  test("are not chosen by themselves: a backup that names none goes to one that keeps everything", async () => {
    await addVault(place, `other${count}`);
    const { errors } = await place.run("backup", "create", name);
    expect(errors).toContain(whole);
    expect(errors).not.toContain(one);
  });

  test("take nothing of a source without groups", async () => {
    await place.ok(
      ["source", "add", `db${count}`, "--type", "postgresql", "--system", "db.example"],
      ["--scope", "db", "--set", "url=secret:x"],
    );
    const refused = await place.run("backup", "create", `db${count}`, "--provider", one, "--json");
    expect(refused.status).toBe(1);
    expect(JSON.parse(refused.output)).toMatchObject({
      error: {
        code: "LG055",
        message: expect.stringContaining("a source of type postgresql has no groups") as string,
      },
    });
  });
});

describe("what is bad", () => {
  test("in a known group stands in that group's copy, elsewhere in every copy", async () => {
    await writeDocuments(place, { "DC2/bad.ovf": "no XML", "lost.ovf": "no XML" });
    const { backup, missing } = await backUp(one, two);
    const reason = "it is not XML: line 1: text data outside of root node";
    expect(missing).toEqual([`lost.ovf: ${reason}`, `DC2/bad.ovf: ${reason}`]);
    expect(backup.state).toBe("PARTIAL");
  });

  test("may be all of a group: the backup lacks it", async () => {
    await rm(join(place.folder, "ovf", "DC2", "c.ovf"));
    await writeDocuments(place, { "DC2/bad.ovf": "no XML" });
    const { backup, missing } = await backUp(one, two);
    expect(backup).toMatchObject({ state: "PARTIAL", groups: ["DC1", "DC2"] });
    expect(missing).toEqual(["group DC2: no provider keeps it"]);
  });
});

describe("a machine that changes its group between two reads of the source", () => {
  /** A backup to both; before its second read a document changes its folder. */
  async function backUpWhile(from: string, to: string): ReturnType<typeof createBackup> {
    const client = await place.database.connect();
    let reads = 0;
    const onTotal = (): void => {
      reads += 1;
      const path = join(place.folder, "ovf");
      if (reads === 2) renameSync(join(path, from), join(path, to));
    };
    try {
      return await createBackup(
        client,
        { source: name, providers: [one, two] },
        {
          env: place.env,
          signal: new AbortController().signal,
          logger: keptLog(),
          host: "test",
          warn: () => {},
          onTotal,
        },
      );
    } finally {
      await client.end();
    }
  }

  test("is named where no copy has it", async () => {
    await writeDocuments(place, { "DC2/d.ovf": commonMachine(4, { name: "d" }) });
    expect(await backUpWhile("DC2/c.ovf", "DC1/c.ovf")).toMatchObject({
      state: "PARTIAL",
      missing: [{ path: "vm c" }],
    });
    expect(await scopeState()).toBe("missing");
  });

  test("does no harm where two have it", async () => {
    const taken = await backUpWhile("DC1/b.ovf", "DC2/b.ovf");
    expect(taken).toMatchObject({ state: "COMPLETE", missing: [] });
    expect(await restored(taken.id, "--item", "b")).toHaveLength(1);
  });
});

describe("machines with one name in two groups", () => {
  test("are told apart as in a whole backup", async () => {
    await writeDocuments(place, { "DC2/twin.ovf": commonMachine(4, { name: "a" }) });
    const apart = await backUp(one, two);
    const together = await backUp(whole);
    expect(names(apart).toSorted()).toEqual(names(together).toSorted());
    expect(names(apart)).toHaveLength(4);
  });
});

describe("the verdict", () => {
  test("follows the least of the copies of groups", async () => {
    const { backup } = await backUp(one, two);
    await place.ok("backup", "verify", `${backup.id}`, "--level", "decode", "--provider", one);
    const after = async (): Promise<unknown> =>
      (await place.json<{ proof_level: number }>("backup", "show", `${backup.id}`)).proof_level;
    expect(await after()).toBe(2);
    await place.ok("backup", "verify", `${backup.id}`, "--level", "decode", "--provider", two);
    expect(await after()).toBe(3);
  });

  test("is lost with one of them", async () => {
    const { backup } = await backUp(one, two);
    expect(await scopeState()).toBe("ok");
    await rm(join(place.folder, two, "packs"), { recursive: true, force: true });
    await place.run("backup", "verify", `${backup.id}`);
    expect(await scopeState()).toBe("missing");
    const shown = await place.json<Taken["backup"]>("backup", "show", `${backup.id}`);
    expect(shown).toMatchObject({ is_good: false, proof_level: null });
  });

  test("stands where a group has a second copy", async () => {
    await addVault(place, `also${count}`, "--group", "DC2");
    const { backup } = await backUp(one, two, `also${count}`);
    expect(backup).toMatchObject({ state: "COMPLETE", entries: 3 });
    await rm(join(place.folder, two, "packs"), { recursive: true, force: true });
    await place.run("backup", "verify", `${backup.id}`);
    expect(await scopeState()).toBe("ok");
  });
});

describe("a restore", () => {
  test("reads the copy of the group that is picked from", async () => {
    const { backup } = await backUp(one, two);
    expect(await restored(backup.id, "--item", "c")).toHaveLength(1);
    expect(await restored(backup.id, "--item", "a", "--item", "b")).toHaveLength(2);
  });

  test("of more than one copy holds is refused, and writes nothing", async () => {
    const { backup } = await backUp(one, two);
    for (const items of [[], ["--item", "a", "--item", "c"]]) {
      const target = join(place.folder, "refused");
      const refused = await place.run(["restore", "create", `${backup.id}`, "--to", target], items);
      expect(refused.status).toBe(2);
      expect(refused.errors).toMatch(/the copy holds group "DC[12]" alone, and not group "DC[12]"/);
      expect(refused.errors).toContain("--from");
      expect(await readdir(place.folder)).not.toContain("refused");
    }
  });

  test("from a copy that lacks an item is refused", async () => {
    const { backup } = await backUp(one, whole);
    const refused = await place.run(
      ["restore", "create", `${backup.id}`, "--to", join(place.folder, "refused")],
      ["--from", one, "--item", "c"],
    );
    expect(refused.errors).toContain('the copy holds group "DC1" alone, and not group "DC2"');
  });

  test("gives way from a whole copy that is lost to that of the group", async () => {
    const { backup } = await backUp(one, whole);
    await rm(join(place.folder, whole, "packs"), { recursive: true });
    expect(await restored(backup.id, "--item", "a")).toHaveLength(1);
  });
});

describe("an incremental backup", () => {
  test("goes on from the copy of each group", async () => {
    const full = await backUp(one, two);
    await writeDocuments(place, { "DC2/c.ovf": commonMachine(3, { name: "c", generation: 2 }) });
    const next = await takeBackup(
      place,
      name,
      "--provider",
      one,
      "--provider",
      two,
      "--incremental",
    );
    expect(next.backup).toMatchObject({
      state: "COMPLETE",
      parent_id: full.backup.id,
      entries: 3,
    });
    const generations = next.items.map((item) => item.details?.["generation"]);
    expect(generations).toEqual([1, 1, 2]);
    expect(await restored(next.backup.id, "--from", two)).toHaveLength(1);
  });
});

test("a provider of a group that is away leaves the backup partial", async () => {
  await rm(join(place.folder, two), { recursive: true });
  const taken = await backUp(one, two);
  expect(taken.backup.state).toBe("PARTIAL");
  expect(taken.missing).toEqual(["group DC2: no provider keeps it"]);
  expect(names(taken)).toEqual(["a", "b"]);
});
