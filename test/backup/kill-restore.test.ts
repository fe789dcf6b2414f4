import { mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { RestoreRow } from "../../src/dao/restore.ts";
import {
  changeProvider,
  contentsOf,
  endLeases,
  isSlow,
  killRun,
  readTrace,
  runTo,
  spread,
  startRun,
  untilItHangs,
  useCatalogue,
} from "./crash.ts";
import { addFiles, usePlace } from "./support.ts";

const place = usePlace();
const catalogue = useCatalogue(place);
let count = 0;
let [name, vault, trace, out, backup] = ["", "", "", "", ""];
let wanted: ReadonlyMap<string, string> = new Map();

beforeEach(async () => {
  count += 1;
  [name, vault] = [`back${count}`, `vault${count}`];
  [trace, out] = [join(place.folder, "trace"), join(place.folder, "out")];
  const source = join(place.folder, "source");
  await mkdir(join(source, "etc", "ssl"), { recursive: true });
  await mkdir(out);
  await writeFile(join(source, "etc", "hosts"), "127.0.0.1 localhost\n");
  await writeFile(join(source, "etc", "ssl", "key.pem"), "secret\n");
  await writeFile(join(source, "large"), Buffer.alloc(9_000_000, "x"));
  await symlink("etc", join(source, "link"));
  await addFiles(place, name, source);
  await place.ok(
    ["provider", "add", vault, "--type", "debug", "--layout", "pack"],
    ["--set", `path=${join(place.folder, vault)}`, "--set", `trace=${trace}`],
  );
  backup = await place.ok("backup", "create", name, "--provider", vault);
  wanted = await contentsOf(source);
});

async function restores(): Promise<RestoreRow[]> {
  const all = await place.json<RestoreRow[]>("restore", "list");
  return all.filter((restore) => restore.backup === all[0]?.backup);
}

/** What was there before, or nothing: never a part of what was to come. */
async function expectNotBegun(before: ReadonlyMap<string, string> | undefined): Promise<void> {
  // Between two renames what was there has another name.
  const old = (await readdir(out)).find((each) => /^target(?:\.before-.*)?$/.test(each));
  expect(old && (await contentsOf(join(out, old)))).toEqual(before);
  expect((await restores())[0]).toMatchObject({ state: "RUNNING" });
}

/** The next one needs no help, and takes away what the killed one has left. */
async function expectNextWorks(args: readonly string[]): Promise<void> {
  await endLeases(catalogue.client);
  await place.ok(args);
  expect(await contentsOf(join(out, "target"))).toEqual(wanted);
  const names = (await readdir(out)).filter((each) => !each.startsWith("target.before-"));
  expect(names).toEqual(["target"]);
  expect(await readdir(join(place.folder, "scratch"))).toEqual([]);
  await catalogue.client.query("select lastgood.reap_backups()");
  const states = (await restores()).map(({ state }) => state);
  expect(new Set(states)).toEqual(new Set(["COMPLETE", "FAILED"]));
}

describe.each([
  ["by GNU tar", {}],
  ["without GNU tar", { PATH: "/nonexistent" }],
] as const)("files %s, killed in place of a change at the target", (_how, env) => {
  test.each(["a new folder", "a folder that is replaced"])(
    "restored to %s",
    async (to) => {
      const target = join(out, "target");
      const isReplaced = to !== "a new folder";
      const before = isReplaced ? new Map([["old", "old\n"]]) : undefined;
      const args = [
        "restore",
        "create",
        backup,
        "--to",
        target,
        ...(isReplaced ? ["--replace"] : []),
      ];
      const startOver = async (): Promise<void> => {
        await rm(out, { recursive: true });
        await mkdir(out);
        if (!isReplaced) return;
        await mkdir(target);
        await writeFile(join(target, "old"), "old\n");
      };
      await startOver();
      const { end, steps } = await runTo(place, args, { below: out, env });
      expect(end).toBe(0);
      expect(await contentsOf(target)).toEqual(wanted);
      for (const nth of spread(steps.length, isSlow ? Infinity : 3)) {
        await startOver();
        const context = `${nth}: ${steps[nth - 1]}`;
        const killed = await runTo(place, args, { below: out, nth, env });
        expect([context, killed.end]).toEqual([context, "SIGKILL"]);
        await expectNotBegun(before);
        await expectNextWorks(args);
      }
    },
    120_000,
  );
});

test("killed in each call of the provider, a restore has made nothing", async () => {
  const args = ["restore", "create", backup, "--to", join(out, "target")];
  await rm(trace, { force: true });
  await place.ok(args);
  const calls = await readTrace(trace);
  expect(calls.filter(({ operation }) => operation === "get").length).toBeGreaterThan(2);
  for (const point of spread(calls.length, isSlow ? Infinity : 3)) {
    const call = calls[point - 1];
    await rm(out, { recursive: true });
    await rm(trace, { force: true });
    await mkdir(out);
    await changeProvider(catalogue.client, vault, { hang: `${call?.operation}:${call?.nth}` });
    const run = startRun(place, args);
    await untilItHangs(run, trace);
    await killRun(run);
    await changeProvider(catalogue.client, vault, { hang: null });
    await expectNotBegun(undefined);
    await expectNextWorks(args);
  }
}, 120_000);
