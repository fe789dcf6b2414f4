import { beforeEach, describe, expect, test } from "vitest";
import { Backups } from "../../../src/admin/backups.ts";
import { Packs, type UntidyPlace } from "../../../src/admin/packs.ts";
import { type ProviderRow, ProviderDao } from "../../../src/dao/provider.ts";
import { addCatalogue, copyId, makeBackup, rowOf } from "../../support/catalogue.ts";
import { useSession } from "../../support/session.ts";

// What is left at a provider, and when workers try to remove it.

const session = useSession();
let packs: Packs;
let backups: Backups;

beforeEach(async () => {
  packs = new Packs(session.client);
  backups = new Backups(session.client);
  await addCatalogue(session.client);
});

const vault = async (): Promise<ProviderRow> =>
  await new ProviderDao(session.client).getProvider("vault");

/** A deletion that was begun; the copy. */
async function beginDeletion(): Promise<number> {
  const backup = await makeBackup(session.client);
  await makeBackup(session.client);
  await backups.startDelete(backup.backup_id);
  return copyId(backup);
}

/** Lets time pass until the next try is due. */
async function wait(): Promise<void> {
  await session.client.query(
    "update lastgood.provider set sweep_at = clock_timestamp() - interval '1 second'",
  );
}

const claim = async (...labels: string[]): Promise<UntidyPlace | undefined> =>
  await packs.claimSweep(labels);

/** In how many minutes the next try is. */
async function minutes(): Promise<number> {
  const { sweep_at: at } = await vault();
  return Math.round(((at?.getTime() ?? 0) - Date.now()) / 60_000);
}

async function doctor(): Promise<unknown[]> {
  const { rows } = await session.client.query(
    "select outcome, detail, hint from lastgood.diagnose() where subject = 'provider vault'",
  );
  return rows;
}

describe("what is left at a provider", () => {
  test("nothing: no worker has anything to do", async () => {
    await makeBackup(session.client);
    expect(await claim()).toBeUndefined();
    expect(await vault()).toMatchObject({ leftovers: 0, sweep_at: null, sweep_failures: 0 });
    expect(await doctor()).toEqual([]);
  });

  test("is left to who removes it just now, at first", async () => {
    const copy = await beginDeletion();
    expect(await claim()).toBeUndefined();
    expect(await vault()).toMatchObject({ leftovers: 1, sweep_failures: 0 });
    expect(await minutes()).toBe(15);
    expect(await claim()).toBeUndefined();
    await wait();
    expect(await claim()).toMatchObject({ provider: "vault", copies: [copy] });
  });

  test("is for one worker at a time", async () => {
    await beginDeletion();
    await claim();
    await wait();
    expect([await claim(), await claim()]).toEqual([expect.anything(), undefined]);
    expect(await minutes()).toBe(15);
  });

  test("could not be removed: it is tried again, later and later, and doctor tells", async () => {
    const copy = await beginDeletion();
    const put: number[] = [];
    for (let failure = 0; failure < 8; failure += 1) {
      await backups.finishCopyDelete(copy, "no such host");
      await packs.finishSweep((await vault()).id, "no such host");
      put.push(await minutes());
      expect(await claim()).toBeUndefined();
      await wait();
      expect(await claim()).toMatchObject({ copies: [copy] });
    }
    expect(put).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(await vault()).toMatchObject({ sweep_failures: 8, sweep_error: "no such host" });
    expect(await doctor()).toEqual([
      {
        outcome: "warning",
        detail: expect.stringMatching(
          /^copies and packs that nobody needs and that could not be removed: 1, tried 8 times, the next time after .*Z: no such host$/,
        ),
        hint: expect.stringContaining("lastgood provider check vault"),
      },
    ]);
  });

  test("is gone: all is forgotten, and the backup is DELETED", async () => {
    const copy = await beginDeletion();
    const { id } = await vault();
    await backups.finishCopyDelete(copy, "no such host");
    await packs.finishSweep(id, "no such host");
    await backups.finishCopyDelete(copy);
    await packs.finishSweep(id);
    const found = { leftovers: 0, sweep_at: null, sweep_failures: 0, sweep_error: null };
    expect(await vault()).toMatchObject(found);
    expect(await doctor()).toEqual([]);
    const { rows } = await session.client.query(
      "select state from lastgood.backup order by backup_id limit 1",
    );
    expect(rows).toEqual([{ state: "DELETED" }]);
  });

  test("may be a pack alone", async () => {
    const { id } = await vault();
    const backup = await makeBackup(session.client, { packs: { aaaaaaaaaaaa: 1000 } });
    await makeBackup(session.client);
    await backups.startDelete(backup.backup_id);
    await packs.claimLeftovers(id);
    await backups.finishCopyDelete(copyId(backup));
    await packs.finishSweep(id, "no luck");
    await wait();
    expect(await claim()).toMatchObject({ provider: "vault", copies: [] });
    expect(await vault()).toMatchObject({ leftovers: 1 });
    await packs.forget(id, "aaaaaaaaaaaa");
    expect(await vault()).toMatchObject({ leftovers: 0 });
  });

  test("by a backup that failed is removed, too, and one that runs is left alone", async () => {
    const failed = await backups.start({ source: "etc" });
    await backups.beginCopy(copyId(failed), failed.token, []);
    await backups.failCopy(copyId(failed), failed.token, "no room");
    expect(await claim()).toBeUndefined();
    await backups.fail(failed.backup_id, failed.token, "no room");
    expect((await rowOf(session.client, failed)).state).toBe("FAILED");
    expect(await claim()).toBeUndefined();
    await wait();
    expect(await claim()).toMatchObject({ copies: [copyId(failed)] });
  });

  test("is for workers that have the labels of a source that is kept there", async () => {
    await beginDeletion();
    await session.client.query("update lastgood.source set labels = '{inside}'");
    await claim("inside");
    await wait();
    expect(await claim()).toBeUndefined();
    expect(await claim("outside")).toBeUndefined();
    expect(await claim("inside", "more")).toMatchObject({ provider: "vault" });
  });
});
