import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { RestoreRow } from "../../src/dao/restore.ts";
import { type Background, signalGroup } from "../support/background.ts";
import {
  backupsOf,
  changeProvider,
  contentsOf,
  expectRestores,
  expectTidy,
  startRun,
  untilItHangs,
  useCatalogue,
  verdictOf,
} from "./crash.ts";
import { needsProc, descendantsOf, untilGone } from "./processes.ts";
import { addFiles, usePlace } from "./support.ts";

const place = usePlace();
const catalogue = useCatalogue(place);
let count = 0;
let [name, vault, source, trace] = ["", "", "", ""];

beforeEach(async () => {
  count += 1;
  [name, vault] = [`ctrl${count}`, `vault${count}`];
  [source, trace] = [join(place.folder, "source"), join(place.folder, "trace")];
  await mkdir(source);
  await writeFile(join(source, "large"), Buffer.alloc(9_000_000, "x"));
  await addFiles(place, name, source);
});

async function addShaky(layout: string): Promise<void> {
  await place.ok(
    ["provider", "add", vault, "--type", "debug", "--layout", layout],
    ["--set", `path=${join(place.folder, vault)}`, "--set", `trace=${trace}`],
  );
}

/** Starts a command, interrupts it in a call of the provider, and waits for its end. */
async function interrupt(
  args: readonly string[],
  hang: string,
  signals: readonly NodeJS.Signals[],
): Promise<Background> {
  await changeProvider(catalogue.client, vault, { hang });
  const run = startRun(place, args);
  await untilItHangs(run, trace);
  const children = await descendantsOf(run.child.pid ?? -1);
  for (const signal of signals) signalGroup(run, signal);
  expect(await run.ended()).toBe(1);
  await untilGone(children);
  await changeProvider(catalogue.client, vault, { hang: null });
  expect(run.stderr().trimEnd().split("\n")).toEqual([
    `lastgood: it was ended by ${signals[0]}`,
    expect.stringMatching(/^hint: ./),
  ]);
  expect(await readdir(join(place.folder, "scratch"))).toEqual([]);
  return run;
}

describe.each(["pack", "tree"])("a backup in layout %s", (layout) => {
  test.each([
    ["Ctrl-C", ["SIGINT"]],
    ["Ctrl-C, which npm passes on a second time,", ["SIGINT", "SIGINT"]],
    ["SIGTERM", ["SIGTERM"]],
  ] as const)("that is ended by %s says so", async (_how, signals) => {
    await addShaky(layout);
    await interrupt(["backup", "create", name, "--provider", vault], "put:1", signals);
    const [row] = await backupsOf(place, name);
    expect(row).toMatchObject({ state: "FAILED", reason: "it was interrupted" });
    const { rows } = await catalogue.client.query(
      "select is_passed from lastgood.engine_backup_log where backup_id = $1",
      [row?.id],
    );
    expect(rows).toEqual([{ is_passed: false }]);
    expect(await verdictOf(place, name)).toMatchObject({ state: "missing" });
    const next = await place.ok("backup", "create", name, "--provider", vault);
    await expectTidy(place, catalogue.client, vault);
    await expectRestores(place, next, await contentsOf(source));
  });
});

test("a restore that is ended by Ctrl-C says so, and leaves nothing", async (context) => {
  needsProc(context);
  await addShaky("pack");
  const id = await place.ok("backup", "create", name, "--provider", vault);
  const out = join(place.folder, "out");
  const args = ["restore", "create", id, "--to", join(out, "target")];
  await interrupt(args, "get:4", ["SIGINT", "SIGINT"]);
  expect(await readdir(out).catch(() => [])).toEqual([]);
  const [row] = await place.json<RestoreRow[]>("restore", "list");
  expect(row).toMatchObject({ state: "FAILED", reason: "it was interrupted" });
  await place.ok(args);
  expect(await contentsOf(join(out, "target"))).toEqual(await contentsOf(source));
});

test("a deletion that is ended by Ctrl-C can be carried on", async () => {
  await addShaky("pack");
  const id = await place.ok("backup", "create", name, "--provider", vault);
  await writeFile(join(source, "large"), Buffer.alloc(9_000_000, "y"));
  await place.ok("backup", "create", name, "--provider", vault);
  await interrupt(["backup", "delete", id], "delete:1", ["SIGINT"]);
  expect(await place.json("backup", "show", id)).toMatchObject({ state: "DELETING" });
  await place.ok("backup", "delete", id);
  expect(await place.json("backup", "show", id)).toMatchObject({ state: "DELETED" });
  await expectTidy(place, catalogue.client, vault);
});
