import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
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
  useCatalogue,
  verdictOf,
} from "./crash.ts";
import { addFiles, addVault, usePlace } from "./support.ts";

const place = usePlace();
const catalogue = useCatalogue(place);
let count = 0;
let [name, vault, source] = ["", "", ""];

beforeEach(async () => {
  count += 1;
  [name, vault] = [`tree${count}`, `vault${count}`];
  source = join(place.folder, "source");
  await mkdir(join(source, "etc", "ssl"), { recursive: true });
  await writeFile(join(source, "etc", "hosts"), "127.0.0.1 localhost\n");
  await writeFile(join(source, "etc", "ssl", "key.pem"), "secret\n");
  await symlink("etc", join(source, "link"));
  await addFiles(place, name, source);
});

/** Else the next backup would find everything stored already. */
async function changeSource(round: number): Promise<void> {
  await writeFile(join(source, "small"), `round ${round}\n`);
  await writeFile(join(source, "large"), Buffer.alloc(5_000_000, `round ${round}\n`));
}

async function expectUnfinished(): Promise<BackupRow> {
  const [newest] = await backupsOf(place, name);
  expect(newest).toMatchObject({ state: "RUNNING", is_good: false, is_proven: false });
  if (newest === undefined) throw new Error("there is no backup");
  return newest;
}

describe.each(["pack", "tree"])(
  "layout %s, killed in place of a change of its folder",
  (layout) => {
    test.each(["full", "incremental"])(
      "while a %s backup is made",
      async (type) => {
        await addVault(place, vault, "--layout", layout);
        const whole = ["backup", "create", name, "--provider", vault];
        const args = [...whole, ...(type === "full" ? [] : ["--incremental"])];
        const below = join(place.folder, vault);
        await changeSource(0);
        await place.ok(whole);
        await changeSource(1);
        const { end, steps } = await runTo(place, args, { below });
        expect(end).toBe(0);
        for (const nth of spread(steps.length, isSlow ? Infinity : 6)) {
          const context = `${nth}: ${steps[nth - 1]}`;
          await changeSource(nth + 1);
          const before = await verdictOf(place, name);
          const { end: killedBy } = await runTo(place, args, { below, nth });
          // Which folders of the pool are there already makes a few steps more or fewer.
          if (killedBy === 0 && nth > steps.length - 4) break;
          expect([context, killedBy]).toEqual([context, "SIGKILL"]);
          const killed = await expectUnfinished();
          expect(await verdictOf(place, name)).toEqual(before);
          await endLeases(catalogue.client);
          const next = await place.ok(args);
          const [newest, failed] = await backupsOf(place, name);
          expect(newest).toMatchObject({ id: Number(next), state: "COMPLETE", is_proven: true });
          expect(failed).toMatchObject({ id: killed.id, state: "FAILED", is_good: false });
          await expectTidy(place, catalogue.client, vault);
          await expectRestores(place, next, await contentsOf(source));
        }
      },
      600_000,
    );
  },
);

test("a provider that was killed while it was added is not there, and can be added", async () => {
  const below = join(place.folder, vault);
  const args = ["provider", "add", vault, "--type", "local-fs", "--set", `path=${below}`];
  const { steps } = await runTo(place, args, { below });
  await place.ok("provider", "delete", vault);
  for (const nth of spread(steps.length, isSlow ? Infinity : 4)) {
    await rm(below, { recursive: true });
    expect((await runTo(place, args, { below, nth })).end).toBe("SIGKILL");
    const providers = await place.json<{ name: string }[]>("provider", "list");
    expect(providers.map((provider) => provider.name)).not.toContain(vault);
    const again = await place.run(args);
    const marker = join(below, "lastgood-provider.json");
    // Only the row can say whose marker this is, and it never came to be.
    const isMarked = again.status === 1;
    expect([nth, again.errors.includes(`remove ${marker} first`)]).toEqual([nth, isMarked]);
    await rm(marker, { force: true });
    if (isMarked) await place.ok(args);
    await place.ok("provider", "delete", vault);
  }
});
