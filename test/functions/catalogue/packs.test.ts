import { beforeEach, describe, expect, test } from "vitest";
import { Backups } from "../../../src/admin/backups.ts";
import { Packs } from "../../../src/admin/packs.ts";
import type { StartedBackup } from "../../../src/admin/described.ts";
import {
  addCatalogue,
  codeOf,
  copyId,
  copyOf,
  makeBackup,
  packName,
  rowOf,
  seal,
  sealed,
  sha256,
  statesOf,
  writePack,
} from "../../support/catalogue.ts";
import { useSession } from "../../support/session.ts";

const session = useSession();
const other = "cd".repeat(32);
let backups: Backups;
let packs: Packs;
let vault: number;

beforeEach(async () => {
  await addCatalogue(session.client);
  backups = new Backups(session.client);
  packs = new Packs(session.client);
  const { rows } = await session.client.query<{ id: string }>(
    "select lastgood.find_provider('vault') as id",
  );
  vault = Number(rows[0]?.id);
});

async function usable(recipients: readonly string[] = []): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, contents } of packs.getPacks(vault, recipients)) {
    expect(contents.toString()).toBe("index");
    names.push(name);
  }
  return names.toSorted();
}

async function claimed(): Promise<readonly string[]> {
  return (await packs.claimLeftovers(vault)).packs;
}

/** Deletes a backup and its copy. */
async function remove(backup: StartedBackup): Promise<void> {
  await backups.startDelete(backup.backup_id);
  await backups.finishCopyDelete(copyId(backup));
}

describe("writing", () => {
  test("a pack is named once, plainly, and complete only after it was begun", async () => {
    const started = await backups.start({ source: "etc" });
    const [id, token, name] = [copyId(started), started.token, packName()];
    const pack = { name, size: 1000, sha256, contents: Buffer.from("index") };
    const complete = async (): Promise<unknown> => backups.completePack(id, token, pack);
    expect(await codeOf(session.client, complete)).toBe("LG036");
    await backups.beginPack(id, token, name);
    expect(await usable()).toEqual([]);
    await complete();
    expect(await usable()).toEqual([name]);
    expect(await codeOf(session.client, complete)).toBe("LG036");
    const begin = async (): Promise<unknown> => backups.beginPack(id, token, name);
    expect(await codeOf(session.client, begin)).toBe("LG037");
    for (const bad of ["short", "UPPERCASE", "a/b/c/d/e", "x".repeat(41), ""]) {
      const work = async (): Promise<unknown> => backups.beginPack(id, token, bad);
      expect(await codeOf(session.client, work)).toBe("LG021");
    }
  });

  test("another backup's pack is not ours to complete, nor to seal with", async () => {
    const [one, two] = [
      await backups.start({ source: "etc" }),
      await backups.start({ source: "etc" }),
    ];
    const name = packName();
    await backups.beginPack(copyId(one), one.token, name);
    const pack = { name, size: 1000, sha256, contents: Buffer.from("index") };
    const complete = async (): Promise<unknown> =>
      backups.completePack(copyId(two), two.token, pack);
    expect(await codeOf(session.client, complete)).toBe("LG036");
    for (const backup of [one, two]) {
      const work = async (): Promise<unknown> =>
        backups.sealCopy(copyId(backup), backup.token, sealed({ [name]: 1 }));
      expect(await codeOf(session.client, work)).toBe("LG036");
      expect(await statesOf(session.client, backup)).toBe("RUNNING RUNNING");
    }
  });
});

describe("using packs of earlier backups", () => {
  test("grants those that are complete, at this provider and for the same recipients", async () => {
    const [kept, unfinished, gone] = [packName(), packName(), packName()];
    await makeBackup(session.client, { packs: { [kept]: 900 } });
    await session.client.query("select lastgood.add_provider('other', 'debug')");
    await session.client.query(
      "update lastgood.provider set recipients = array['age1x'] where name = 'other'",
    );
    const elsewhere = await backups.start({ source: "etc", providers: ["other"] });
    await backups.beginPack(copyId(elsewhere, "other"), elsewhere.token, kept);
    const running = await backups.start({ source: "etc", providers: ["vault"] });
    await backups.beginPack(copyId(running), running.token, unfinished);
    expect(await usable()).toEqual([kept]);
    expect(await usable(["age1x"])).toEqual([]);
    const names = [gone, unfinished, kept, kept];
    expect(await backups.usePacks(copyId(running), running.token, names)).toEqual([kept]);
    expect(await backups.usePacks(copyId(running), running.token, names)).toEqual([kept]);
    const { backup_copy_id: id, token } = { ...copyOf(elsewhere, "other"), ...elsewhere };
    expect(await backups.usePacks(id, token, names)).toEqual([]);
  });

  test("no new backup relies on packs of a bad copy, until that is good again", async () => {
    const [bad, shared, good] = [packName(), packName(), packName()];
    const first = await makeBackup(session.client, { packs: { [bad]: 900, [shared]: 900 } });
    const second = await backups.start({ source: "etc" });
    await backups.usePacks(copyId(second), second.token, [shared]);
    await writePack(session.client, second, good);
    await backups.sealCopy(copyId(second), second.token, sealed({ [shared]: 900, [good]: 900 }));
    await seal(session.client, second);
    await backups.recordVerification(copyId(first), { level: 2, result: "corrupt" });
    expect(await usable()).toEqual([good]);
    const third = await backups.start({ source: "etc" });
    const all = [bad, shared, good];
    expect(await backups.usePacks(copyId(third), third.token, all)).toEqual([good]);
    expect(await claimed()).toEqual([]);
    await backups.recordVerification(copyId(second), { level: 2, result: "missing" });
    await backups.recordVerification(copyId(first), { level: 2, result: "ok" });
    expect(await usable()).toEqual([bad]);
    await backups.recordVerification(copyId(second), { level: 3, result: "ok" });
    expect(await usable()).toEqual(all.toSorted());
  });

  test("a copy is not sealed on a pack that was found bad after it was granted", async () => {
    const [bad, good] = [packName(), packName()];
    const first = await makeBackup(session.client, { packs: { [bad]: 900 } });
    const second = await backups.start({ source: "etc" });
    const [id, { token }] = [copyId(second), second];
    expect(await backups.usePacks(id, token, [bad])).toEqual([bad]);
    await writePack(session.client, second, good);
    await backups.recordVerification(copyId(first), { level: 2, result: "corrupt" });
    const work = async (): Promise<unknown> =>
      backups.sealCopy(id, token, sealed({ [bad]: 900, [good]: 900 }));
    expect(await codeOf(session.client, work)).toBe("LG036");
    await backups.sealCopy(id, token, sealed({ [good]: 900 }));
    expect(await statesOf(session.client, second)).toBe("RUNNING COMPLETE");
  });
});

describe("what nobody needs", () => {
  test("is claimed once its last backup is deleted, again until it is forgotten", async () => {
    const [shared, own, later] = [packName(), packName(), packName()];
    const first = await makeBackup(session.client, { packs: { [shared]: 900, [own]: 900 } });
    const second = await backups.start({ source: "etc" });
    await backups.usePacks(copyId(second), second.token, [shared]);
    await backups.sealCopy(copyId(second), second.token, sealed({ [shared]: 900 }));
    await seal(session.client, second);
    expect(await claimed()).toEqual([]);
    await backups.startDelete(first.backup_id);
    expect(await packs.claimLeftovers(vault)).toMatchObject({
      packs: [own],
      unreadable: [],
      copies: [
        {
          backup_copy_id: copyId(first),
          backup: first.name,
          layout: "pack",
          manifest_key: "manifests/some.manifest",
        },
      ],
    });
    await backups.finishCopyDelete(copyId(first));
    expect(await packs.claimLeftovers(vault)).toMatchObject({ packs: [own], copies: [] });
    const forget = async (): Promise<unknown> => packs.forget(vault, shared);
    expect(await codeOf(session.client, forget)).toBe("LG036");
    await packs.forget(vault, own);
    await packs.forget(vault, own);
    expect(await claimed()).toEqual([]);
    await makeBackup(session.client, { packs: { [later]: 900 } });
    await remove(second);
    expect(await claimed()).toEqual([shared]);
  });

  test("of a PARTIAL backup everything is needed, of a FAILED one nothing", async () => {
    const [partial, failed] = [packName(), packName()];
    const missing = [{ path: "a", reason: "gone" }];
    await makeBackup(session.client, { packs: { [partial]: 900 }, missing });
    const started = await backups.start({ source: "etc" });
    await backups.beginCopy(copyId(started), started.token, []);
    await writePack(session.client, started, failed);
    expect(await claimed()).toEqual([]);
    await backups.fail(started.backup_id, started.token, "x");
    const { packs: names, copies } = await packs.claimLeftovers(vault);
    expect(names).toEqual([failed]);
    expect(copies.map(({ backup }) => backup)).toEqual([started.name]);
  });

  test("while a backup runs, nothing of it is claimed, not even of a copy that was given up", async () => {
    const started = await backups.start({ source: "etc" });
    await backups.beginCopy(copyId(started), started.token, []);
    await writePack(session.client, started, packName());
    await backups.failCopy(copyId(started), started.token, "x");
    expect(await packs.claimLeftovers(vault)).toMatchObject({ packs: [], copies: [] });
    const finish = async (): Promise<unknown> => backups.finishCopyDelete(copyId(started));
    expect(await codeOf(session.client, finish)).toBe("LG046");
  });

  test("a pack that was written and is not sealed with is claimed afterwards", async () => {
    const [used, idle] = [packName(), packName()];
    const started = await backups.start({ source: "etc" });
    for (const name of [used, idle]) await writePack(session.client, started, name);
    await backups.sealCopy(copyId(started), started.token, sealed({ [used]: 900 }));
    await seal(session.client, started);
    expect(await claimed()).toEqual([idle]);
  });

  test.each(["repeatable read", "serializable"])("is not decided under %s", async (isolation) => {
    const client = await session.database.connect();
    await client.query(`begin isolation level ${isolation}`);
    await expect(client.query("select lastgood.claim_leftovers(1)")).rejects.toMatchObject({
      code: "LG054",
    });
    await client.end();
  });
});

describe("a process that was taken for dead", () => {
  async function failed(name: string): Promise<StartedBackup> {
    const backup = await backups.start({ source: "etc", name });
    await backups.beginCopy(copyId(backup), backup.token, []);
    await backups.beginPack(copyId(backup), backup.token, packName());
    await backups.fail(backup.backup_id, backup.token, "asleep");
    return backup;
  }

  async function age(days: number): Promise<void> {
    await session.client.query(
      `update lastgood.backup set ended_at = ended_at - $1 * interval '1 day'
         where state = 'FAILED'`,
      [days],
    );
    await session.client.query(
      "update lastgood.pack set forgotten_at = forgotten_at - $1 * interval '1 day'",
      [days],
    );
  }

  test("may write its pack for a week; one that was complete is gone for good", async () => {
    const [half, whole] = [packName(), packName()];
    const backup = await backups.start({ source: "etc" });
    await writePack(session.client, backup, whole);
    await backups.beginPack(copyId(backup), backup.token, half);
    await backups.fail(backup.backup_id, backup.token, "asleep");
    expect(await claimed()).toEqual([whole, half]);
    for (const name of [whole, half]) await packs.forget(vault, name);
    await age(6.9);
    expect(await claimed()).toEqual([half]);
    await packs.forget(vault, half);
    await age(0.2);
    expect(await claimed()).toEqual([]);
  });

  test("may write more for a week, which is to be looked for", async () => {
    const strays = async (): Promise<boolean> =>
      (await packs.claimLeftovers(vault)).may_hold_strays;
    await makeBackup(session.client);
    expect(await strays()).toBe(false);
    await failed("asleep");
    expect(await strays()).toBe(true);
    await age(7.1);
    expect(await strays()).toBe(false);
  });

  test("leaves nothing but what it wrote: all else that lies there is good, or unknown", async () => {
    const [gone, removing] = [await failed("gone"), await failed("removing")];
    await backups.finishCopyDelete(copyId(gone));
    const refused = await backups.start({ source: "etc", name: "refused" });
    await backups.beginCopy(copyId(refused), refused.token, ["etc/ovf_store_0.json"]);
    await backups.fail(refused.backup_id, refused.token, "it lies there already");
    await makeBackup(session.client, { name: "good" });
    const deleted = await makeBackup(session.client, { name: "deleted" });
    await makeBackup(session.client);
    await remove(deleted);
    await backups.start({ source: "etc", name: "running" });
    const names = ["gone", "removing", "good", "deleted", "running", "refused", "unknown"];
    expect(await packs.strayBackups(vault, names)).toEqual([{ backup: "gone", layout: "pack" }]);
    expect(await packs.strayBackups(vault, [])).toEqual([]);
    // Another installation's, of the same name.
    await session.client.query(
      `update lastgood.backup set origin = gen_random_uuid(), origin_name = 'gone', attached_at = now()
         where name = 'good'`,
    );
    expect(await packs.strayBackups(vault, names)).toEqual([]);
    expect(removing.name).toBe("removing");
  });
});

describe("a repack", () => {
  test("of mostly dead packs swaps manifest and packs at once", async () => {
    const [dead, alive, fresh] = [packName(), packName(), packName()];
    const made = await makeBackup(session.client, { packs: { [dead]: 499, [alive]: 500 } });
    const id = copyId(made);
    expect(await packs.repackCandidates(vault)).toEqual([
      { name: dead, size_bytes: 1000, copies: [id] },
    ]);
    await packs.adopt(vault, [id], fresh);
    expect(await claimed()).toEqual([]);
    const manifest = { key: "manifests/some.2.manifest", sha256: other, size: 50 };
    const replace = async (old: string): Promise<void> =>
      packs.replaceManifest(id, old, manifest, sealed({ [alive]: 500, [fresh]: 499 }).packs);
    expect(await codeOf(session.client, async () => replace(sha256))).toBe("LG036");
    const contents = Buffer.from("index");
    await packs.completeAdopted(vault, { name: fresh, size: 600, sha256: other, contents });
    expect(await codeOf(session.client, async () => replace(other))).toBe("LG048");
    await replace(sha256);
    expect(await codeOf(session.client, async () => replace(sha256))).toBe("LG048");
    expect(await claimed()).toEqual([dead]);
    expect(await packs.repackCandidates(vault)).toEqual([]);
    expect((await rowOf(session.client, made)).is_good).toBe(true);
  });

  test("that died leaves packs that are claimed a day later", async () => {
    const [name, fresh] = [packName(), packName()];
    const made = await makeBackup(session.client, { packs: { [name]: 100 } });
    await packs.adopt(vault, [copyId(made)], fresh);
    expect(await claimed()).toEqual([]);
    await session.client.query(
      "update lastgood.pack set added_at = added_at - interval '25 hours'",
    );
    expect(await claimed()).toEqual([fresh]);
  });

  test("leaves alone what a running backup or a bad copy names", async () => {
    const name = packName();
    const made = await makeBackup(session.client, { packs: { [name]: 100 } });
    const running = await backups.start({ source: "etc" });
    await backups.usePacks(copyId(running), running.token, [name]);
    expect(await packs.repackCandidates(vault)).toEqual([]);
    await backups.fail(running.backup_id, running.token, "x");
    await packs.claimLeftovers(vault);
    expect(await packs.repackCandidates(vault)).toHaveLength(1);
    await backups.recordVerification(copyId(made), { level: 2, result: "corrupt" });
    expect(await packs.repackCandidates(vault)).toEqual([]);
  });

  test("LG046 for copies that are not good, or not here; LG036 for a pack of a running backup", async () => {
    const running = await backups.start({ source: "etc" });
    for (const ids of [[], [copyId(running)], [999]]) {
      const adopt = async (): Promise<unknown> => packs.adopt(vault, ids, packName());
      expect(await codeOf(session.client, adopt)).toBe("LG046");
    }
    const name = packName();
    await backups.beginPack(copyId(running), running.token, name);
    const pack = { name, size: 1, sha256, contents: Buffer.from("") };
    const complete = async (): Promise<unknown> => packs.completeAdopted(vault, pack);
    expect(await codeOf(session.client, complete)).toBe("LG036");
  });
});
