import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  backupsOf,
  expectTidy,
  isSlow,
  runTo,
  spread,
  startSleeper,
  untilAsleep,
} from "../backup/crash.ts";
import { addVault, usePlace } from "../backup/support.ts";
import { endExecutionLeases, useRuns } from "./runs.ts";

const place = usePlace();
const runs = useRuns(place);

describe.each(["pack", "tree"])("a worker that was asleep for too long, in layout %s", (layout) => {
  test("ends nothing, and takes along what it wrote", { timeout: 600_000 }, async () => {
    const vault = `${layout}-${runs.vault}`;
    const below = await addVault(place, vault, "--layout", layout);
    const change = async (): Promise<void> =>
      writeFile(join(place.folder, "source", "large"), randomBytes(3_000_000));
    const args = ["backup", "create", runs.name, "--provider", vault];
    await place.ok(args);
    await change();
    const { steps } = await runTo(place, args, { below });
    const options = { providers: [vault], retries: 1, backoff: "10 milliseconds" };
    const schedule = await runs.addSchedule(options);
    // Which folders of the pool are there already makes a few steps more or fewer.
    for (const nth of spread(steps.length - 4, isSlow ? Infinity : 3)) {
      const context = `${nth}: ${steps[nth - 1]}`;
      await change();
      const asleep = startSleeper(place, ["work", "--patience", "1"], { below, nth });
      await asleep.says('"msg":"ready"');
      const id = await runs.runNow(schedule);
      await untilAsleep(asleep);
      await endExecutionLeases(runs.client);
      const other = await runs.executor();
      const made = await runs.until(schedule, "SUCCESS");
      expect([context, made]).toMatchObject([context, { id, attempt: 2 }]);
      await other.stop();
      const before = await backupsOf(place, runs.name);
      expect(before.slice(0, 2).map(({ state }) => state)).toEqual(["COMPLETE", "FAILED"]);
      asleep.child.kill("SIGCONT");
      await asleep.says("is ours no more", 30_000);
      await expectTidy(place, runs.client, vault);
      expect(await backupsOf(place, runs.name)).toEqual(before);
      expect(await runs.until(schedule, "SUCCESS")).toEqual(made);
      asleep.child.kill("SIGTERM");
      expect(await asleep.ended()).toBe(0);
    }
  });
});
