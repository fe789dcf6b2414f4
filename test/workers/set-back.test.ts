import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { manifestKey } from "../../src/manifest/form.ts";
import { backupsOf } from "../backup/crash.ts";
import { usePlace } from "../backup/support.ts";
import { forgetBackup } from "../support/set-back.ts";
import { useRuns } from "./runs.ts";

const place = usePlace();
const runs = useRuns(place);

test("a slot whose backup lies there, and is lost here, is made under another name", async () => {
  const schedule = await runs.addSchedule({ retries: 1, backoff: "1 millisecond" });
  const { rows } = await runs.client.query<{ slot: Date }>(
    "select date_trunc('second', clock_timestamp()) as slot",
  );
  const due = async (): Promise<unknown> =>
    runs.client.query("update lastgood.schedule set next_run_at = $2 where schedule_id = $1", [
      schedule,
      rows[0]?.slot,
    ]);
  await due();
  await runs.executor();
  await runs.until(schedule, "SUCCESS");
  const [lost] = await backupsOf(place, runs.name);
  const key = join(place.folder, runs.vault, manifestKey(lost?.name ?? ""));
  const manifest = await readFile(key);

  await forgetBackup(runs.client, lost?.name ?? "");
  await due();
  expect(await runs.until(schedule, "SUCCESS")).toMatchObject({ attempt: 2 });
  expect(await backupsOf(place, runs.name)).toMatchObject([
    { name: `${lost?.name}-2`, state: "COMPLETE" },
    { name: lost?.name, state: "FAILED", reason: expect.stringContaining("lies at") },
  ]);
  expect(await readFile(key)).toEqual(manifest);
});
