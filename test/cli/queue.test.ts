import type { Client } from "pg";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { usePlace } from "../backup/support.ts";
import { report } from "../support/database.ts";

/** What monitoring sees of runs that wait, long before a backup is too old. */

const place = usePlace();
let client: Client;

beforeAll(async () => {
  client = await place.database.connect();
  await client.query("select lastgood.add_provider('vault', 'debug')");
  await report(client, { fqdn: "shop.test", requiredScopes: ["files"], scope: "files" });
  await client.query("select lastgood.add_source('shop', 'files', 'shop.test', 'files')");
});

beforeEach(async () => {
  await client.query("delete from lastgood.execution");
  await client.query("delete from lastgood.schedule");
  await client.query("select lastgood.add_schedule('shop', '0 3 * * *', 'nightly')");
});

/** Executions that came so many minutes ago. */
async function wait(...minutes: number[]): Promise<void> {
  await client.query(
    `insert into lastgood.execution (schedule_id, queued_at)
     select s.schedule_id, clock_timestamp() - make_interval(mins => m.minutes)
     from lastgood.schedule as s cross join unnest($1::integer[]) as m(minutes)`,
    [minutes],
  );
}

async function check(...args: string[]): Promise<{ status: number; output: string }> {
  const { status, output } = await place.run("check", args);
  return { status, output };
}

test("check has the queue in its performance data", async () => {
  const { status, output } = await check();
  expect(status).toBe(0);
  expect(output).toContain("'waiting runs'=0;;;0 'untaken runs'=0;;;0 'longest wait'=0s;;;0");
  await wait(3, 2, 0);
  const waiting = await check();
  expect(waiting.status).toBe(0);
  expect(waiting.output).toMatch(
    /'waiting runs'=3;;;0 'untaken runs'=2;;;0 'longest wait'=1[89]\ds;;;0$/m,
  );
});

test("check warns of runs that no worker takes, also of one system alone, and not of another", async () => {
  await client.query("select lastgood.add_system('other.test', array['db'])");
  await report(client, { fqdn: "other.test", scope: "db" });
  await wait(12, 11);
  for (const args of [[], ["--fqdn", "shop.test"]]) {
    const { status, output } = await check(...args);
    expect(status).toBe(1);
    expect(output).toMatch(
      /^LASTGOOD WARNING - shop\.test: 2 runs wait and no worker takes them, the first for 12min( \d+s)? \|/,
    );
  }
  expect((await check("--fqdn", "other.test")).status).toBe(0);
});

test("status says what waits, since when, and what to do", async () => {
  expect(await place.ok("status")).not.toContain("wait");
  await wait(12);
  expect(await place.ok("status")).toMatch(
    /^1 run waits and no worker takes it: the first, of "nightly" of shop\.test, since \d{4}-.* UTC\. Start a worker with the labels of its source: lastgood work\.$/m,
  );
  await client.query(
    `insert into lastgood.execution (schedule_id, state, lease, lease_until, token)
     select schedule_id, 'RUNNING', '1 minute', clock_timestamp() + interval '1 minute', gen_random_uuid()
     from lastgood.schedule`,
  );
  expect(await place.ok("status")).toMatch(/^1 run waits for room, beside 1 that runs\.$/m);
  const [system] = await place.json<{ queue: object | null }[]>("status", "shop.test");
  expect(system?.queue).toMatchObject({ queued: 1, running: 1, untaken: 0, check_status: 0 });
});

test("metrics have the queue, executions by state and every schedule, by names alone", async () => {
  await wait(12, 1);
  const { output } = await check("--output", "prometheus");
  const labels = '{system="shop.test",source="shop",schedule="nightly"}';
  expect(output).toContain("\nlastgood_runs_waiting 2\n");
  expect(output).toMatch(/^lastgood_runs_untaken_since_timestamp_seconds 1\d{9}/m);
  expect(output).toContain('lastgood_executions{state="QUEUED"} 2\n');
  expect(output).toContain('lastgood_executions{state="ERROR"} 0\n');
  expect(output).toContain(`lastgood_schedule_last_success_timestamp_seconds${labels} 0\n`);
  expect(output).toContain(`lastgood_schedule_consecutive_failures${labels} 0\n`);
  expect(output).toContain(`lastgood_schedule_enabled${labels} 1\n`);
  expect(output).toMatch(/^lastgood_schedule_next_run_timestamp_seconds\{.*\} 1\d{9}$/m);
  await place.ok("schedule", "delete", "nightly");
  expect((await check("--output", "prometheus")).output).not.toContain("nightly");
});
