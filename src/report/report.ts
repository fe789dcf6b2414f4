import type { Client, ClientConfig } from "pg";
import { type DatabaseOptions, findDatabase } from "../database.ts";
import { type Io, remark } from "../io.ts";
import { messageOf } from "../errors.ts";
import { withReportingClient } from "./connection.ts";
import type { ReportedEvent } from "./event.ts";
import { type Outcome, sendEvent } from "./record-event.ts";
import { replaySpool, type ReplayResult } from "./replay.ts";
import { Spool } from "./spool.ts";
import { targetOf } from "./target.ts";

/** What became of an event: in the database, on disk until it can be sent, or neither. */
export type Fate = "recorded" | "kept" | "refused" | "lost";

export interface Delivery {
  readonly event: ReportedEvent;
  readonly fate: Fate;
  readonly auditLogId: number | null;
}

export interface ReportOptions extends DatabaseOptions {
  /** Also sends what waited, once these events went through. */
  readonly isReplaying: boolean;
}

/** As long as new events are tried one after the other, should each of them wait for a lock. */
const sendLimitMs = 6_000;
/** As long as events that waited may hold up whoever reports new ones. */
const replayLimitMs = 20_000;

/**
 * Reports events, and keeps on disk what the database does not take. Never rejects: what went wrong is
 * said on stderr. A database that does not answer takes some seconds.
 */
export async function report(
  io: Io,
  events: readonly ReportedEvent[],
  options: ReportOptions,
): Promise<readonly Delivery[]> {
  let target = "";
  const outcomes: Outcome[] = [];
  try {
    const config = await findDatabase(io.env, options);
    target = targetOf(config);
    await withReportingClient(config, io.env, async (client) => {
      outcomes.push(...(await sendAll(client, events)));
      if (options.isReplaying && outcomes.every(({ kind }) => kind === "recorded")) {
        await replayAfterwards(io, client, target);
      }
    });
  } catch (error) {
    const away: Outcome = { kind: "away", reason: messageOf(error) };
    while (outcomes.length < events.length) outcomes.push(away);
  }
  return await keepUnsent(io, target, events, outcomes);
}

/** Once nobody takes them, or that took long, the others are not tried: each would cost a timeout. */
async function sendAll(
  client: Client,
  events: readonly ReportedEvent[],
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const end = performance.now() + sendLimitMs;
  for (const event of events) {
    const last = outcomes.at(-1);
    if (last?.kind === "away") outcomes.push(last);
    else if (performance.now() > end) outcomes.push({ kind: "away", reason: "it takes too long" });
    else outcomes.push(await sendEvent(client, event));
  }
  return outcomes;
}

async function replayAfterwards(io: Io, client: Client, target: string): Promise<void> {
  try {
    const onRemark = (text: string): void => remark(io, `lastgood: ${text}`);
    const result = await replaySpool(client, {
      env: io.env,
      target,
      limitMs: replayLimitMs,
      onRemark,
    });
    if (result === undefined) return;
    if (result.obstacle !== undefined) onRemark(`earlier events still wait: ${result.obstacle}`);
    remarkOtherTargets(io, result);
  } catch (error) {
    remark(io, `lastgood: earlier events could not be sent: ${messageOf(error)}`);
  }
}

/** Else they would wait unseen for a database that may have moved. */
export function remarkOtherTargets(io: Io, { otherTargets }: ReplayResult): void {
  if (otherTargets.length === 0) return;
  remark(io, `lastgood: events still wait for another database (${otherTargets.join(", ")})`);
  remark(io, "hint: To send them to this one: lastgood log-event --replay --any-database");
}

/** Each by itself: what is on disk is not lost because another one could not be kept. */
async function keepUnsent(
  io: Io,
  target: string,
  events: readonly ReportedEvent[],
  outcomes: readonly Outcome[],
): Promise<readonly Delivery[]> {
  const deliveries: Delivery[] = [];
  const obstacles = new Set<string>();
  let spool: Spool | undefined;
  for (const [place, event] of events.entries()) {
    const outcome = outcomes[place];
    if (outcome?.kind === "recorded") {
      deliveries.push({ event, fate: "recorded", auditLogId: outcome.auditLogId });
      continue;
    }
    const isRefused = outcome?.kind === "refused";
    let fate: Fate = isRefused ? "refused" : "kept";
    try {
      spool ??= await Spool.create(io.env);
      await spool.add({ event, target }, isRefused ? 1 : 0);
    } catch (error) {
      fate = "lost";
      obstacles.add(messageOf(error));
    }
    deliveries.push({ event, fate, auditLogId: null });
  }
  const reasons = new Set(outcomes.flatMap((o) => (o.kind === "recorded" ? [] : [o.reason])));
  remarkUnsent(io, deliveries, { reasons, obstacles, folder: spool?.folder });
  return deliveries;
}

interface Unsent {
  /** Why the database did not take them. */
  readonly reasons: ReadonlySet<string>;
  /** Why they could not be kept on disk. */
  readonly obstacles: ReadonlySet<string>;
  readonly folder: string | undefined;
}

function remarkUnsent(io: Io, deliveries: readonly Delivery[], unsent: Unsent): void {
  const { reasons, obstacles, folder } = unsent;
  if (reasons.size === 0) return;
  const why = `the database did not take ${obstacles.size > 0 ? "it" : "the report"}: ${[...reasons].join("; ")}`;
  const lost = deliveries.filter(({ fate }) => fate === "lost");
  const kept = deliveries.filter(({ fate }) => fate === "kept" || fate === "refused");
  if (lost.length > 0) {
    const what = kept.length === 0 ? "" : ` of ${lost.map(({ event }) => event.scope).join(", ")}`;
    remark(io, `lastgood: the report${what} is lost: ${why}`);
    remark(io, `lastgood: and it cannot be kept on disk: ${[...obstacles].join("; ")}`);
  } else {
    remark(io, `lastgood: ${why}`);
  }
  if (kept.length > 0) {
    const what = lost.length === 0 ? "it" : "the rest";
    remark(io, `lastgood: ${what} is kept in ${folder} and sent later`);
  }
}

export interface ReplayNowOptions extends DatabaseOptions {
  readonly isForAny: boolean;
}

/**
 * Sends everything that waits; undefined while another process does. Connects only if something does.
 *
 * @throws UsageError when no database is named, UnreachableError when none answers
 */
export async function replayNow(
  io: Io,
  options: ReplayNowOptions,
): Promise<ReplayResult | undefined> {
  const config: ClientConfig = await findDatabase(io.env, options);
  const names = await (await Spool.find(io.env))?.names();
  if (names === undefined || names.length === 0) {
    return { sent: 0, refused: 0, waiting: 0, otherTargets: [] };
  }
  const onRemark = (text: string): void => remark(io, `lastgood: ${text}`);
  const { isForAny } = options;
  return await withReportingClient(config, io.env, (client) =>
    replaySpool(client, { env: io.env, target: targetOf(config), isForAny, onRemark }),
  );
}
