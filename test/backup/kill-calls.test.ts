import { randomBytes } from "node:crypto";
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import {
  backupsOf,
  changeProvider,
  contentsOf,
  endLeases,
  expectRestores,
  expectTidy,
  isSlow,
  killRun,
  readTrace,
  spread,
  startRun,
  type TracedCall,
  untilItHangs,
  useCatalogue,
  verdictOf,
} from "./crash.ts";
import { addFiles, usePlace } from "./support.ts";

const place = usePlace();
const catalogue = useCatalogue(place);
let count = 0;
let [name, vault, source, trace] = ["", "", "", ""];

beforeEach(startOver);

/** A new source, and names for it and its provider. */
async function startOver(): Promise<void> {
  count += 1;
  [name, vault] = [`calls${count}`, `shaky${count}`];
  [source, trace] = [join(place.folder, `source${count}`), join(place.folder, "trace")];
  await mkdir(join(source, "etc"), { recursive: true });
  await writeFile(join(source, "etc", "hosts"), "127.0.0.1 localhost\n");
  await symlink("etc", join(source, "link"));
  await addFiles(place, name, source);
}

async function addShaky(layout: string): Promise<void> {
  const path = join(place.folder, vault);
  await place.ok(
    ["provider", "add", vault, "--type", "debug", "--layout", layout],
    ["--set", `path=${path}`, "--set", `trace=${trace}`],
  );
}

async function changeSource(round: number): Promise<void> {
  await writeFile(join(source, "large"), Buffer.alloc(5_000_000, `round ${round}\n`));
}

/** Two backups, of which the first can be deleted; its pack has what the second one needs, too. */
async function prepareDeletion(layout: string): Promise<{ old: string; next: string }> {
  await addShaky(layout);
  const ids: string[] = [];
  while (ids.length < 2) {
    await writeFile(join(source, "large"), randomBytes(4_500_000));
    ids.push(await place.ok("backup", "create", name, "--provider", vault));
  }
  const [old = "", next = ""] = ids;
  return { old, next };
}

/** Lets a repack that was killed be a day old, when nobody waits for it any more. */
async function forgetRepack(): Promise<void> {
  await catalogue.client.query("update lastgood.pack set added_at = added_at - interval '2 days'");
}

/** Deletes a backup that failed: the next sweep and repack. */
async function deleteAnother(): Promise<void> {
  await rename(source, `${source}.away`);
  const failed = await place.run("backup", "create", name, "--provider", vault);
  expect(failed.status).not.toBe(0);
  await rename(`${source}.away`, source);
  const [newest] = await backupsOf(place, name);
  expect(newest).toMatchObject({ state: "FAILED" });
  await place.ok("backup", "delete", String(newest?.id));
}

/** The calls that a command makes when nothing happens to it. */
async function callsOf(args: readonly string[]): Promise<readonly TracedCall[]> {
  await rm(trace, { force: true });
  await place.ok(args);
  return await readTrace(trace);
}

/** Starts a command, and kills it in the middle of a call. */
async function killIn(args: readonly string[], { operation, nth }: TracedCall): Promise<void> {
  const { client } = catalogue;
  await rm(trace, { force: true });
  await changeProvider(client, vault, { hang: `${operation}:${nth}` });
  const run = startRun(place, args);
  await untilItHangs(run, trace);
  await killRun(run);
  await changeProvider(client, vault, { hang: null });
}

describe.each(["pack", "tree"])("layout %s, killed in each call of its provider", (layout) => {
  test.each(["full", "incremental"])(
    "while a %s backup is made",
    async (type) => {
      await addShaky(layout);
      const whole = ["backup", "create", name, "--provider", vault];
      const args = [...whole, ...(type === "full" ? [] : ["--incremental"])];
      await changeSource(0);
      await place.ok(whole);
      await changeSource(1);
      const calls = await callsOf(args);
      expect(new Set(calls.map(({ operation }) => operation))).toContain("put");
      for (const point of spread(calls.length, isSlow ? Infinity : 4)) {
        const call = calls[point - 1];
        if (call === undefined) throw new RangeError(String(point));
        await changeSource(point + 1);
        const before = await verdictOf(place, name);
        await killIn(args, call);
        expect(await verdictOf(place, name)).toEqual(before);
        const [killed] = await backupsOf(place, name);
        expect(killed).toMatchObject({ state: "RUNNING", is_good: false, is_proven: false });
        await endLeases(catalogue.client);
        const next = await place.ok(args);
        const [newest, failed] = await backupsOf(place, name);
        expect(newest).toMatchObject({ id: Number(next), state: "COMPLETE", is_proven: true });
        expect(failed).toMatchObject({ id: killed?.id, state: "FAILED", is_good: false });
        await expectTidy(place, catalogue.client, vault);
        await expectRestores(place, next, await contentsOf(source));
      }
    },
    300_000,
  );

  test("while what a failed backup has left is removed", async () => {
    await addShaky(layout);
    const create = ["backup", "create", name, "--provider", vault];
    let round = 0;
    const leaveSomething = async (): Promise<void> => {
      await changeSource((round += 1));
      const nth = layout === "pack" ? 2 : 1;
      await changeProvider(catalogue.client, vault, { fail: `put:${nth}` });
      expect((await place.run(create)).status).toBe(1);
      await changeProvider(catalogue.client, vault, { fail: null });
    };
    await leaveSomething();
    const calls = await callsOf(create);
    const removals = calls.filter(({ operation }) =>
      /^(?:delete|removePartial|list)$/.test(operation),
    );
    expect(removals.length).toBeGreaterThan(3);
    for (const point of spread(removals.length, isSlow ? Infinity : 3)) {
      await leaveSomething();
      const call = removals[point - 1];
      if (call !== undefined) await killIn(create, call);
      await endLeases(catalogue.client);
      const next = await place.ok(create);
      await expectTidy(place, catalogue.client, vault);
      await expectRestores(place, next, await contentsOf(source));
    }
  }, 300_000);

  test("while a backup is deleted, and what is left of its packs is rewritten", async () => {
    const first = await prepareDeletion(layout);
    const calls = await callsOf(["backup", "delete", first.old]);
    const writes = calls.filter(({ operation }) => operation === "put");
    expect(writes.length).toBe(layout === "pack" ? 2 : 0);
    for (const point of spread(calls.length, isSlow ? Infinity : 5)) {
      const call = calls[point - 1];
      if (call === undefined) throw new RangeError(String(point));
      await startOver();
      const { old, next } = await prepareDeletion(layout);
      await killIn(["backup", "delete", old], call);
      const halfway = await place.json<{ state: string }>("backup", "show", old);
      expect(["DELETING", "DELETED"]).toContain(halfway.state);
      await forgetRepack();
      if (halfway.state === "DELETING") await place.ok("backup", "delete", old);
      else await deleteAnother();
      expect(await place.json("backup", "show", old)).toMatchObject({ state: "DELETED" });
      await expectTidy(place, catalogue.client, vault);
      await expectRestores(place, next, await contentsOf(source));
    }
  }, 300_000);
});
