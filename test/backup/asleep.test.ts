import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { BackupRow } from "../../src/dao/backup.ts";
import {
  backupsOf,
  contentsOf,
  endLeases,
  expectRestores,
  expectTidy,
  isSlow,
  runTo,
  spread,
  startToStop,
  useCatalogue,
  verdictOf,
} from "./crash.ts";
import { addFiles, addVault, usePlace } from "./support.ts";

const place = usePlace();
const catalogue = useCatalogue(place);
let count = 0;
let [name, vault, source, below] = ["", "", "", ""];
let args: readonly string[] = [];

beforeEach(async () => {
  count += 1;
  [name, vault] = [`sleeper${count}`, `vault${count}`];
  [source, below] = [join(place.folder, "source"), join(place.folder, vault)];
  args = ["backup", "create", name, "--provider", vault];
  await mkdir(source);
  await writeFile(join(source, "small"), "127.0.0.1 localhost\n");
  await addFiles(place, name, source);
});

/** Else the next backup would find everything stored already. */
async function changeSource(round: number): Promise<void> {
  await writeFile(join(source, "large"), Buffer.alloc(5_000_000, `round ${round}\n`));
}

async function stepsOf(layout: string): Promise<readonly string[]> {
  await addVault(place, vault, "--layout", layout);
  await changeSource(0);
  await place.ok(args);
  await changeSource(1);
  return (await runTo(place, args, { below })).steps;
}

/** Another backup is made while one is asleep; that one is FAILED, and what it wrote is removed. */
async function overtake(): Promise<string> {
  await endLeases(catalogue.client);
  const next = await place.ok(args);
  const [newest, failed] = await backupsOf(place, name);
  expect([newest?.state, failed?.state]).toEqual(["COMPLETE", "FAILED"]);
  return next;
}

describe.each(["pack", "tree"])("a backup in layout %s that was asleep too long", (layout) => {
  test("ends with an error, and takes along what it wrote", { timeout: 600_000 }, async () => {
    const steps = await stepsOf(layout);
    for (const nth of spread(steps.length, isSlow ? Infinity : 5)) {
      const context = `${nth}: ${steps[nth - 1]}`;
      await changeSource(nth + 1);
      const asleep = await startToStop(place, args, { below, nth });
      const next = await overtake();
      const before = await verdictOf(place, name);
      asleep.child.kill("SIGCONT");
      expect([context, await asleep.ended()]).toEqual([context, 1]);
      expect([context, asleep.stderr()]).toEqual([
        context,
        expect.stringMatching(/was taken over|has ended/),
      ]);
      await expectTidy(place, catalogue.client, vault);
      expect(await verdictOf(place, name)).toEqual(before);
      await expectRestores(place, next, await contentsOf(source));
    }
  });

  test("and dies then leaves nothing either", { timeout: 600_000 }, async () => {
    const steps = await stepsOf(layout);
    const last = steps.findIndex((step) => /^rename .*\.manifest$/.test(step)) + 1;
    expect(last).toBeGreaterThan(0);
    for (const nth of spread(last, isSlow ? Infinity : 4)) {
      await changeSource(nth + 1);
      const asleep = await startToStop(place, args, { below, nth, dieAt: last + 1 });
      await overtake();
      asleep.child.kill("SIGCONT");
      await asleep.ended();
      const next = await place.ok(args);
      await expectTidy(place, catalogue.client, vault);
      await expectRestores(place, next, await contentsOf(source));
    }
  });
});

test("a manifest that comes after its backup has failed restores nothing, and goes", async () => {
  const steps = await stepsOf("pack");
  const { end } = await runTo(place, args, { below, nth: steps.length });
  expect(end).toBe("SIGKILL");
  const whole = await overtake();
  const [, failed] = await backupsOf(place, name);
  const late = join(below, "manifests", `${failed?.name}.manifest`);
  // Of an object store that still had it in its queue.
  const { name: good } = await place.json<BackupRow>("backup", "show", whole);
  await copyFile(join(below, "manifests", `${good}.manifest`), late);
  const target = join(place.folder, "restored");
  const restore = await place.run("restore", "create", String(failed?.id), "--to", target);
  expect(restore).toMatchObject({
    status: 1,
    errors: expect.stringContaining("cannot be restored"),
  });
  await place.ok(args);
  await expectTidy(place, catalogue.client, vault);
});
