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

async function keepUnsent(
  io: Io,
  target: string,
  events: readonly ReportedEvent[],
  outcomes: readonly Outcome[],
): Promise<readonly Delivery[]> {
  const reasons = new Set(outcomes.flatMap((o) => (o.kind === "recorded" ? [] : [o.reason])));
  if (reasons.size === 0) return events.map((event, place) => delivery(event, outcomes[place]));
  const why = [...reasons].join("; ");
  try {
    const spool = await Spool.create(io.env);
    const deliveries: Delivery[] = [];
    for (const [place, event] of events.entries()) {
      const outcome = outcomes[place];
      if (outcome?.kind !== "recorded") {
        await spool.add({ event, target }, outcome?.kind === "refused" ? 1 : 0);
      }
      deliveries.push(delivery(event, outcome));
    }
    remark(io, `lastgood: the database did not take the report: ${why}`);
    remark(io, `lastgood: it is kept in ${spool.folder} and sent later`);
    return deliveries;
  } catch (error) {
    remark(io, `lastgood: the report is lost: the database did not take it: ${why}`);
    remark(io, `lastgood: and it cannot be kept on disk: ${messageOf(error)}`);
    return events.map((event, place) => delivery(event, outcomes[place], "lost"));
  }
}

function delivery(
  event: ReportedEvent,
  outcome: Outcome | undefined,
  otherwise: Fate = "kept",
): Delivery {
  if (outcome?.kind === "recorded") {
    return { event, fate: "recorded", auditLogId: outcome.auditLogId };
  }
  const isRefused = otherwise === "kept" && outcome?.kind === "refused";
  return { event, fate: isRefused ? "refused" : otherwise, auditLogId: null };
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
