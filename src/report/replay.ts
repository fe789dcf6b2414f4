import { join } from "node:path";
import type { Client } from "pg";
import type { Io } from "../io.ts";
import { sendEvent } from "./record-event.ts";
import { withoutWaiting } from "./replay-lock.ts";
import { Spool } from "./spool.ts";

export interface ReplayOptions {
  readonly env: Io["env"];
  /** The database that `client` is connected to, see `targetOf`. */
  readonly target: string;
  /** Also sends what was meant for another database. */
  readonly isForAny?: boolean;
  /** Starts no further event after that; what is left waits for the next replay. */
  readonly limitMs?: number;
  /** Is told of events that are set aside. */
  readonly onRemark: (text: string) => void;
}

export interface ReplayResult {
  readonly sent: number;
  /** How many were set aside because the database had refused them too often. */
  readonly refused: number;
  /** How many are still there, those for other databases among them. */
  readonly waiting: number;
  /** The databases, other than this one, that events wait for. */
  readonly otherTargets: readonly string[];
  /** Why the database takes no event at the moment, if it does not. */
  readonly obstacle?: string;
}

/**
 * Sends the events that wait, oldest first, each once however often this is called. Undefined when
 * another process is doing so: it does not wait for that one.
 */
export async function replaySpool(
  client: Client,
  options: ReplayOptions,
): Promise<ReplayResult | undefined> {
  const spool = await Spool.find(options.env);
  const names = (await spool?.names()) ?? [];
  if (spool === undefined || names.length === 0) {
    return { sent: 0, refused: 0, waiting: 0, otherTargets: [] };
  }
  return await withoutWaiting(join(spool.folder, "lock"), () =>
    new Replay(client, spool, options).run(),
  );
}

/** An error that is no event's fault is met again by the next one; after so many it is not worth trying. */
const mostObstacles = 3;

class Replay {
  readonly #client: Client;
  readonly #spool: Spool;
  readonly #options: ReplayOptions;
  readonly #otherTargets = new Set<string>();
  #sent = 0;
  #refused = 0;
  #obstacles = 0;
  #obstacle: string | undefined;

  constructor(client: Client, spool: Spool, options: ReplayOptions) {
    this.#client = client;
    this.#spool = spool;
    this.#options = options;
  }

  async run(): Promise<ReplayResult> {
    const end = performance.now() + (this.#options.limitMs ?? Infinity);
    for (const name of await this.#spool.names()) {
      if (this.#obstacles >= mostObstacles || performance.now() > end) break;
      await this.#replay(name);
    }
    return {
      sent: this.#sent,
      refused: this.#refused,
      waiting: (await this.#spool.names()).length,
      otherTargets: [...this.#otherTargets],
      ...(this.#obstacle === undefined ? {} : { obstacle: this.#obstacle }),
    };
  }

  async #replay(name: string): Promise<void> {
    const entry = await this.#spool.read(name);
    if (entry === "gone" || entry === "newer") return;
    if (entry === undefined) {
      await this.#spool.setAside(name, "the file is no complete event");
      this.#reportRefused(name, "the file is no complete event");
      return;
    }
    if (!this.#isForUs(entry.target)) {
      this.#otherTargets.add(entry.target);
      return;
    }
    const outcome = await sendEvent(this.#client, entry.event);
    if (outcome.kind === "recorded") {
      await this.#spool.remove(name);
      this.#sent += 1;
      this.#obstacles = 0;
    } else if (outcome.kind === "refused") {
      if (await this.#spool.countRefusal(name, outcome.reason)) {
        this.#reportRefused(name, outcome.reason);
      }
    } else {
      this.#obstacle = outcome.reason;
      this.#obstacles = outcome.kind === "away" ? mostObstacles : this.#obstacles + 1;
    }
  }

  #isForUs(target: string): boolean {
    return this.#options.isForAny === true || target === "" || target === this.#options.target;
  }

  #reportRefused(name: string, reason: string): void {
    this.#refused += 1;
    const place = join(this.#spool.folder, "refused", name);
    this.#options.onRemark(`an event was set aside as ${place}: ${reason}`);
  }
}
