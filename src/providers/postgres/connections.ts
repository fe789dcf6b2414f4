import type { Client } from "pg";
import { connectTo, type Target } from "../../postgresql/connection.ts";
import { orAbort } from "../abortable.ts";
import { PlaceError } from "../provider.ts";
import * as queries from "./queries.ts";

/** Enough for what layouts do at once; the server has to share its connections with others. */
const limit = 8;

/** What the connections are called in pg_stat_activity. */
const runName = "lastgood provider";

/** A few connections to one database, made when they are needed and used again. */
export class Connections {
  readonly #target: Target;
  readonly #signal: AbortSignal;
  readonly #idle: Client[] = [];
  readonly #all = new Set<Client>();
  readonly #waiting: (() => void)[] = [];
  #taken = 0;
  #isClosed = false;

  constructor(target: Target, signal: AbortSignal) {
    this.#target = target;
    this.#signal = signal;
  }

  /** Lends a connection to work. One whose work failed is not used again: who knows its state? */
  async use<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const client = await this.borrow();
    try {
      const result = await work(client);
      this.giveBack(client);
      return result;
    } catch (error) {
      this.discard(client);
      throw error;
    }
  }

  /** Waits while all of them are lent. Each is to be given back or discarded. */
  async borrow(): Promise<Client> {
    this.#signal.throwIfAborted();
    await this.#turn();
    try {
      if (this.#isClosed) throw new PlaceError("failed", "the provider is closed");
      return this.#idle.pop() ?? (await this.#connect());
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  giveBack(client: Client): void {
    if (this.#all.has(client)) this.#idle.push(client);
    this.#release();
  }

  discard(client: Client): void {
    this.#forget(client);
    client.end().catch(() => undefined);
    this.#release();
  }

  /** Ends all of them, also those that are lent. Safe to repeat. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const clients = [...this.#all];
    for (const client of clients) this.#forget(client);
    await Promise.all(clients.map(async (client) => client.end().catch(() => undefined)));
  }

  async #connect(): Promise<Client> {
    const client = await connectTo(this.#target, { runName, signal: this.#signal });
    this.#all.add(client);
    // The server may end it while nobody uses it.
    for (const event of ["error", "end"]) client.once(event, () => this.#forget(client));
    try {
      await client.query(queries.settleSession);
      return client;
    } catch (error) {
      this.#forget(client);
      client.end().catch(() => undefined);
      throw error;
    }
  }

  #forget(client: Client): void {
    this.#all.delete(client);
    const index = this.#idle.indexOf(client);
    if (index >= 0) this.#idle.splice(index, 1);
  }

  async #turn(): Promise<void> {
    if (this.#taken < limit) {
      this.#taken += 1;
      return;
    }
    // Whoever releases leaves its turn to the first who waits.
    await orAbort(new Promise<void>((resolve) => this.#waiting.push(resolve)), this.#signal);
  }

  #release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#taken -= 1;
    else next();
  }
}
