import { beforeEach, describe, expect, test } from "vitest";
import { Backups } from "../../../src/admin/backups.ts";
import { Executions } from "../../../src/admin/executions.ts";
import { Retention } from "../../../src/admin/retention.ts";
import { RetentionDao } from "../../../src/dao/retention.ts";
import { addSchedule, claimed, complete, runNow, start } from "../../support/calendar.ts";
import { addCatalogue, codeOf } from "../../support/catalogue.ts";
import { useSession } from "../../support/session.ts";

// A provider that keeps fewer than a schedule holds before it lets go of any takes no more for good.

const session = useSession();

beforeEach(async () => {
  await addCatalogue(session.client);
});

async function limit(backups: number | null): Promise<void> {
  await session.client.query("select lastgood.set_provider_limits('vault', $1)", [
    { max_backups: backups },
  ]);
}

const incremental = { kind: "incremental", providers: ["vault"] };

async function warnings(schedule?: number): Promise<string[]> {
  const found = await new RetentionDao(session.client).getQuotaWarnings({ schedule });
  return found.map(({ warning }) => warning);
}

/** How many runs are made until one is refused; as many as were asked for where none is. */
async function runsUntilFull(schedule: number, times: number): Promise<number> {
  const { client } = session;
  for (let run = 0; run < times; run += 1) {
    await runNow(client, schedule);
    const execution = await claimed(client);
    const begin = async (): Promise<unknown> => complete(client, await start(client, execution));
    if ((await codeOf(client, begin)) === "LG053") return run;
    await new Executions(client).finish(execution);
    const { copies } = await new Retention(client).expireLiving(schedule);
    for (const copy of copies) await new Backups(client).finishCopyDelete(copy.backup_copy_id);
  }
  return times;
}

describe("a schedule at a provider that may keep so many backups", () => {
  test.for([
    [{ ...incremental, max_chain: 3, keep_last: 1 }, 4],
    [{ ...incremental, max_chain: 3, keep_last: 2 }, 5],
    [{ ...incremental, max_chain: 3, keep_last: 5 }, 8],
    [{ ...incremental, max_chain: 2, keep_last: 2 }, 4],
    [{ providers: ["vault"], keep_last: 3 }, 4],
  ] as const)("%j needs room for %d: fewer are warned of, and jam", async ([settings, needs]) => {
    const schedule = await addSchedule(session.client, settings);
    await limit(needs - 1);
    expect(await warnings(schedule)).toHaveLength(1);
    expect(await runsUntilFull(schedule, 30)).toBe(needs - 1);
  });

  test.for([
    [{ ...incremental, max_chain: 3, keep_last: 1 }, 4],
    [{ ...incremental, max_chain: 3, keep_last: 2 }, 5],
    [{ ...incremental, max_chain: 3, keep_last: 5 }, 8],
    [{ ...incremental, max_chain: 2, keep_last: 2 }, 4],
    [{ providers: ["vault"], keep_last: 3 }, 4],
  ] as const)("%j with room for %d goes on for ever, unwarned", async ([settings, needs]) => {
    const schedule = await addSchedule(session.client, settings);
    await limit(needs);
    expect(await warnings(schedule)).toEqual([]);
    expect(await runsUntilFull(schedule, 30)).toBe(30);
  });
});

describe("the warning", () => {
  const found = async (): Promise<unknown> =>
    await new RetentionDao(session.client).getQuotaWarnings();

  test("says how much is needed and what to do", async () => {
    const schedule = await addSchedule(session.client, {
      ...incremental,
      name: "often",
      keep_last: 2,
    });
    await limit(10);
    expect(await found()).toEqual([
      {
        warning:
          'provider "vault" may keep 10 backups, and schedule "often" needs room for 32: a chain' +
          " of 30 and 2 of the next one; once it is full, no run succeeds",
        hint:
          `Let chains be shorter: lastgood schedule update ${schedule} --max-chain 8; or let it` +
          " keep more: lastgood provider set vault --max-backups 32",
      },
    ]);
  });

  test("takes the length of chains from the config where the schedule has none", async () => {
    await addSchedule(session.client, incremental);
    await limit(10);
    expect(await warnings()).toHaveLength(1);
    await session.client.query("select lastgood.set_config_value('BackupMaxChainLength', '9')");
    expect(await warnings()).toEqual([]);
  });

  test("asks for no chain that is none, and for fewer that are kept", async () => {
    const chain = await addSchedule(session.client, { ...incremental, max_chain: 2 });
    const full = await addSchedule(session.client, { providers: ["vault"], keep_last: 2 });
    await limit(2);
    expect(await found()).toMatchObject([
      {
        hint: `Make full backups: lastgood schedule update ${chain} --full; or let it keep more: lastgood provider set vault --max-backups 3`,
      },
      {
        hint: `Keep fewer: lastgood schedule update ${full} --keep-last 1; or let it keep more: lastgood provider set vault --max-backups 3`,
      },
    ]);
  });

  test("is of the only provider where the schedule names none", async () => {
    await addSchedule(session.client, { kind: "incremental" });
    await limit(10);
    expect(await warnings()).toHaveLength(1);
  });

  test("is of no schedule that is disabled or deleted, and of no other provider", async () => {
    const ids = [
      await addSchedule(session.client, incremental),
      await addSchedule(session.client, incremental),
    ];
    await limit(10);
    await session.client.query("select lastgood.set_schedule($1, '{\"is_enabled\": false}')", [
      ids[0],
    ]);
    await session.client.query("select lastgood.delete_schedule($1)", [ids[1]]);
    expect(await warnings()).toEqual([]);
    await addSchedule(session.client, incremental);
    const dao = new RetentionDao(session.client);
    expect(await dao.getQuotaWarnings({ provider: "vault" })).toHaveLength(1);
    expect(await dao.getQuotaWarnings({ provider: "noop" })).toEqual([]);
  });

  test("is a finding of doctor", async () => {
    const schedule = await addSchedule(session.client, { ...incremental, name: "often" });
    await limit(10);
    const { rows } = await session.client.query(
      "select outcome, detail, hint from lastgood.diagnose() where subject = $1",
      [`schedule often (${schedule})`],
    );
    expect(rows).toEqual([
      {
        outcome: "warning",
        detail: expect.stringContaining('provider "vault" may keep 10 backups'),
        hint: expect.stringContaining("--max-chain 9"),
      },
    ]);
  });
});
