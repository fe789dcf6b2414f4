import * as fc from "fast-check";
import { expect, test } from "vitest";
import { noon, useSession } from "../support/session.ts";

/**
 * The verdict against a plain model of the rules, written as one would explain them: no indexes, no
 * probes, just lists. Whatever order events arrive in, both must agree.
 */

const session = useSession();
const hour = 3_600_000;

interface Event {
  readonly scope: string;
  /** Hours before noon, so that many events fall together. */
  readonly hoursAgo: number;
  readonly status: -1 | 0 | 1;
  readonly run: string | null;
}

interface Settings {
  readonly alertAfterDays: number;
  readonly stuckAfterHours: number;
  readonly failingAfter: number;
  /** A period that somebody set for the system, in hours. */
  readonly ownPeriod: number | null;
  readonly schedules: readonly Schedule[];
}

/** Every so many hours of the day, in UTC. */
interface Schedule {
  readonly scope: string;
  readonly every: number;
  readonly graceHours: number;
  readonly isEnabled: boolean;
}

interface Verdict {
  readonly state: string;
  readonly activity: string;
  readonly lastSuccess: number | null;
  readonly lastAttempt: number | null;
  readonly passed: boolean | null;
  readonly runningSince: number | null;
}

const event: fc.Arbitrary<Event> = fc.record({
  scope: fc.constantFrom("db", "files"),
  hoursAgo: fc.integer({ min: 0, max: 60 }),
  status: fc.constantFrom(-1 as const, 0 as const, 1 as const),
  run: fc.constantFrom(null, null, "a", "b"),
});

const schedule: fc.Arbitrary<Schedule> = fc.record({
  scope: fc.constantFrom("db", "files"),
  every: fc.constantFrom(1, 2, 3, 4, 6, 8, 12, 24),
  graceHours: fc.integer({ min: 0, max: 5 }),
  isEnabled: fc.constantFrom(true, true, false),
});

const settings: fc.Arbitrary<Settings> = fc.record({
  alertAfterDays: fc.integer({ min: 1, max: 3 }),
  stuckAfterHours: fc.integer({ min: 1, max: 30 }),
  failingAfter: fc.integer({ min: 1, max: 4 }),
  ownPeriod: fc.option(fc.integer({ min: 1, max: 60 }), { freq: 3 }),
  schedules: fc.array(schedule, { maxLength: 3 }),
});

function modelOf(all: readonly Event[], scope: string, rules: Settings): Verdict {
  const events = all.filter((each) => each.scope === scope);
  const ends = events
    .filter((each) => each.status !== 0)
    // Newest first; of two at one time the failure counts as the later one.
    .toSorted((a, b) => a.hoursAgo - b.hoursAgo || a.status - b.status);
  const successes = ends.filter((each) => each.status === 1).map((each) => each.hoursAgo);
  const lastSuccess = successes.length > 0 ? Math.min(...successes) : null;
  const newestEnd = ends[0];
  const open = events.filter(
    (start) =>
      start.status === 0 &&
      !ends.some(
        (end) =>
          end.hoursAgo <= start.hoursAgo &&
          (end.run === null ||
            end.run === start.run ||
            start.hoursAgo - end.hoursAgo > rules.stuckAfterHours),
      ),
  );
  const since = open.length > 0 ? Math.max(...open.map((start) => start.hoursAgo)) : null;
  const last = ends.slice(0, rules.failingAfter);
  const isFailing = last.length === rules.failingAfter && last.every((end) => end.status === -1);
  return {
    state: stateOf(lastSuccess, scope, rules),
    activity: activityOf(since, isFailing, rules),
    lastSuccess,
    lastAttempt: newestEnd?.hoursAgo ?? null,
    passed: newestEnd ? newestEnd.status === 1 : null,
    runningSince: since,
  };
}

function stateOf(lastSuccess: number | null, scope: string, rules: Settings): string {
  if (lastSuccess === null) return "missing";
  return lastSuccess > allowedHours(lastSuccess, scope, rules) ? "outdated" : "ok";
}

function allowedHours(lastSuccess: number, scope: string, rules: Settings): number {
  const judging = rules.schedules.filter((each) => each.scope === scope && each.isEnabled);
  if (rules.ownPeriod !== null) return rules.ownPeriod;
  if (judging.length === 0) return rules.alertAfterDays * 24;
  // Hours since some midnight, so that a schedule runs at each multiple.
  const success = 10 * 24 + noon.getUTCHours() - lastSuccess;
  return Math.min(
    ...judging.map(({ every, graceHours }) => every * 2 - (success % every) + graceHours),
  );
}

function activityOf(since: number | null, isFailing: boolean, rules: Settings): string {
  if (since !== null && since > rules.stuckAfterHours) return "stuck";
  if (isFailing) return "failing";
  return since === null ? "idle" : "running";
}

function hoursBefore(time: Date | null): number | null {
  return time === null ? null : (noon.getTime() - time.getTime()) / hour;
}

async function record(events: readonly Event[]): Promise<void> {
  await session.client.query(
    `select lastgood.record_event(
       p_scope => e.scope, p_done_at => $2::timestamptz - make_interval(hours => e.hours), p_status => e.status,
       p_message => '', p_fqdn => 'engine.test', p_log_path => '', p_event_id => gen_random_uuid(),
       p_run_id => e.run)
     from json_to_recordset($1) as e(scope text, hours integer, status integer, run text)`,
    [JSON.stringify(events.map((each) => ({ ...each, hours: each.hoursAgo }))), noon],
  );
}

async function addSchedules(schedules: readonly Schedule[]): Promise<void> {
  await session.client.query(
    `select lastgood.add_schedule(s.scope, s.pattern, s.name, s.options)
     from json_to_recordset($1) as s(scope text, pattern text, name text, options jsonb)`,
    [
      JSON.stringify(
        schedules.map(({ scope, every, graceHours, isEnabled }, place) => ({
          scope,
          pattern: every === 24 ? "0 0 * * *" : `0 */${every} * * *`,
          name: `s${place}`,
          options: { grace: `${graceHours} hours`, is_enabled: isEnabled },
        })),
      ),
    ],
  );
}

async function verdictOf(scope: string): Promise<Verdict | undefined> {
  const { rows } = await session.client.query(
    `select state, activity, last_success_at, last_attempt_at, last_attempt_passed, running_since
     from lastgood.backup_status where fqdn = 'engine.test' and scope = $1`,
    [scope],
  );
  const [row] = rows;
  return row
    ? {
        state: row.state,
        activity: row.activity,
        lastSuccess: hoursBefore(row.last_success_at),
        lastAttempt: hoursBefore(row.last_attempt_at),
        passed: row.last_attempt_passed,
        runningSince: hoursBefore(row.running_since),
      }
    : undefined;
}

const worst = ["missing", "outdated", "ok"];

test("the verdict is the model's, whatever was reported and in whatever order", async () => {
  await session.client.query("select lastgood.add_system('engine.test', array['db', 'files'])");
  for (const scope of ["db", "files"]) {
    await session.client.query("select lastgood.add_source($1, 'files', 'engine.test', $1)", [
      scope,
    ]);
  }
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 14 }), settings, async (events, rules) => {
      await session.client.query("savepoint run");
      try {
        await session.client.query(
          `select lastgood.set_config_value('BackupAlertPeriodInDays', $1),
                  lastgood.set_config_value('BackupStuckAfterHours', $2),
                  lastgood.set_config_value('BackupFailingAfterAttempts', $3)`,
          [rules.alertAfterDays, rules.stuckAfterHours, rules.failingAfter].map(String),
        );
        if (rules.ownPeriod !== null) {
          await session.client.query(
            "select lastgood.set_alert_after('engine.test', make_interval(hours => $1))",
            [rules.ownPeriod],
          );
        }
        await addSchedules(rules.schedules);
        await record(events);
        const expected = ["db", "files"].map((scope) => modelOf(events, scope, rules));
        expect(await Promise.all([verdictOf("db"), verdictOf("files")])).toEqual(expected);
        const { rows } = await session.client.query(
          "select state, alert from lastgood.system_status",
        );
        const state = worst.find((each) => expected.some((scope) => scope.state === each));
        expect(rows[0]?.state).toBe(state);
        await session.client.query("select lastgood.check_backup_freshness()");
        const alerts = await session.client.query(
          "select log_type_name from lastgood.active_alert",
        );
        expect(alerts.rows.map((row) => row.log_type_name)).toEqual(
          rows[0]?.alert ? [rows[0].alert] : [],
        );
      } finally {
        await session.client.query("rollback to savepoint run");
      }
    }),
    { numRuns: Number(process.env["LASTGOOD_PROPERTY_RUNS"] ?? 100), seed: 20_260_110 },
  );
}, 120_000);
