import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { tell } from "../../src/cli/demo.ts";
import { story } from "../../src/cli/demo-story.ts";
import { type Background, signalGroup, startLastgood } from "../support/background.ts";
import { emptyDatabase } from "../support/database.ts";
import { testIo } from "../support/io.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp("/tmp/lastgood-demo-");
  // The server may run as another user.
  await chmod(folder, 0o711);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
});

function demo(): Background {
  return startLastgood(["demo"], { env: { TMPDIR: folder, NODE_DISABLE_COMPILE_CACHE: "1" } });
}

describe("lastgood demo", () => {
  test("tells the whole story and leaves nothing behind", async () => {
    const run = demo();
    expect(await run.ended()).toBe(0);
    const told = run
      .stdout()
      .split(/^\d\. /m)
      .slice(1);
    const states = told.map((step) => /engine\.example\.com +(\w+) +idle/.exec(step)?.[1]);
    expect(states).toEqual(["missing", "ok", "ok", "outdated", "outdated", "ok"]);
    const alerts = told.map((step) => /ALERT (\w+)|No live alert/.exec(step)?.[1]);
    const tooOld = "ENGINE_NO_WARM_BACKUP";
    expect(alerts).toEqual([
      "ENGINE_NO_FULL_BACKUP",
      undefined,
      undefined,
      tooOld,
      tooOld,
      undefined,
    ]);
    expect(await readdir(folder)).toEqual([]);
  });

  test("cleans up when it is stopped", async () => {
    const run = demo();
    await run.says("1. ");
    signalGroup(run, "SIGINT");
    expect(await run.ended()).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  });

  test("fails where the database does not show what the story says", async () => {
    await using database = await emptyDatabase();
    const client = await database.connect();
    const io = testIo();
    const [first] = story;
    if (first === undefined) throw new Error("the story has a beginning");
    await expect(tell(io, client, [{ ...first, state: "ok" }])).rejects.toThrow("must show ok");
    await expect(tell(io, client, [{ ...first, alert: null }])).rejects.toThrow("and none");
    await tell(io, client, story.slice(0, 1));
  });
});
