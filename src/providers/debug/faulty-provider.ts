import { appendFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { orAbort } from "../abortable.ts";
import type { DebugSettings } from "../debug.ts";
import { PlaceError } from "../provider.ts";
import type { ByteRange, Capabilities, Provider, StoredObject } from "../provider.ts";
import { dueFault, faultHint, faultsOf, injected, type Faults, type Operation } from "./faults.ts";

interface Call {
  readonly operation: Operation;
  readonly nth: number;
  readonly key?: string;
  readonly range?: ByteRange | undefined;
}

/** Passes every call on, and first does what was asked for: waits, fails, hangs, flips a byte. */
export class FaultyProvider implements Provider {
  readonly capabilities: Capabilities;
  readonly folder?: string;
  readonly #inner: Provider;
  readonly #settings: DebugSettings;
  readonly #signal: AbortSignal;
  readonly #faults: Readonly<Record<"fail" | "hang" | "corrupt", Faults>>;
  readonly #counts = new Map<Operation, number>();
  #written = 0;

  constructor(inner: Provider, settings: DebugSettings, signal: AbortSignal) {
    this.capabilities = inner.capabilities;
    if (inner.folder !== undefined) this.folder = inner.folder;
    this.#inner = inner;
    this.#settings = settings;
    this.#signal = signal;
    this.#faults = {
      fail: faultsOf("fail", settings.fail),
      hang: faultsOf("hang", settings.hang),
      corrupt: faultsOf("corrupt", settings.corrupt),
    };
  }

  /** Opening is a call too. */
  async opened(): Promise<void> {
    await this.#call(this.#begin("open"), () => Promise.resolve());
  }

  async put(key: string, body: AsyncIterable<Uint8Array>): Promise<void> {
    const call = this.#begin("put", { key });
    await this.#trace(call, async () => {
      await this.#wait(this.#settings.latency_ms);
      await this.#inner.put(key, this.#spoil(call, body));
    });
  }

  async get(key: string, range?: ByteRange): Promise<Readable> {
    const call = this.#begin("get", { key, range });
    const stream = await this.#call(call, () => this.#inner.get(key, range));
    if (!this.#isCorrupted(call)) return stream;
    return Readable.from(flipOne(stream), { objectMode: false });
  }

  async stat(key: string): Promise<StoredObject | undefined> {
    return await this.#call(this.#begin("stat", { key }), () => this.#inner.stat(key));
  }

  async *list(prefix: string): AsyncGenerator<StoredObject> {
    await this.#call(this.#begin("list", { key: prefix }), () => Promise.resolve());
    yield* this.#inner.list(prefix);
  }

  async delete(key: string): Promise<void> {
    await this.#call(this.#begin("delete", { key }), () => this.#inner.delete(key));
  }

  async removePartial(prefix: string): Promise<number> {
    const call = this.#begin("removePartial", { key: prefix });
    return await this.#call(call, () => this.#inner.removePartial(prefix));
  }

  async close(): Promise<void> {
    await this.#inner.close();
  }

  #begin(operation: Operation, details: Pick<Call, "key" | "range"> = {}): Call {
    const nth = (this.#counts.get(operation) ?? 0) + 1;
    this.#counts.set(operation, nth);
    return { operation, nth, ...details };
  }

  async #call<T>(call: Call, act: () => Promise<T>): Promise<T> {
    return await this.#trace(call, async () => {
      await this.#delay(call);
      this.#failIfDue(call);
      return await act();
    });
  }

  async #delay(call: Call): Promise<void> {
    await this.#wait(this.#settings.latency_ms);
    await this.#hangIfDue(call);
  }

  /** Says so before it does: whoever kills the process meanwhile has to know when. */
  async #hangIfDue(call: Call): Promise<void> {
    if (dueFault(this.#faults.hang, call.operation, call.nth) === undefined) return;
    await this.#write({ ...call, hangs: true });
    for (;;) await this.#wait(1_000_000);
  }

  async #wait(ms: number): Promise<void> {
    if (ms === 0) return;
    // As global timers and not orAbort alone: something has to keep the process alive meanwhile.
    const timer = new AbortController();
    try {
      await orAbort(delay(ms, undefined, { signal: timer.signal }), this.#signal);
    } finally {
      timer.abort();
    }
  }

  #failIfDue({ operation, nth }: Call): void {
    const fault = dueFault(this.#faults.fail, operation, nth);
    if (fault !== undefined) throw injected(fault.trouble, operation);
  }

  #isCorrupted({ operation, nth }: Call): boolean {
    return dueFault(this.#faults.corrupt, operation, nth) !== undefined;
  }

  /** A put that fails or hangs does so at its end: then there is something to clean up. */
  async *#spoil(call: Call, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const source = this.#isCorrupted(call) ? flipOne(body) : body;
    for await (const chunk of source) {
      this.#written += chunk.length;
      if (this.#written > (this.#settings.full_after ?? Infinity)) {
        throw new PlaceError("full", `only ${String(this.#settings.full_after)} bytes fit`, {
          hint: faultHint,
        });
      }
      yield chunk;
    }
    await this.#hangIfDue(call);
    this.#failIfDue(call);
  }

  async #trace<T>(call: Call, act: () => Promise<T>): Promise<T> {
    const start = performance.now();
    let error: unknown;
    try {
      return await act();
    } catch (thrown) {
      error = thrown instanceof PlaceError ? thrown.trouble : String(thrown);
      throw thrown;
    } finally {
      const ms = Math.round(performance.now() - start);
      await this.#write({ ...call, ms, error });
    }
  }

  async #write(line: object): Promise<void> {
    const { trace } = this.#settings;
    if (trace !== undefined) await appendFile(trace, `${JSON.stringify(line)}\n`, { mode: 0o600 });
  }
}

/** Flips a bit in the middle of the first chunk that is not empty. */
async function* flipOne(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let isDone = false;
  for await (const chunk of bytes) {
    if (isDone || chunk.length === 0) {
      yield chunk;
      continue;
    }
    const changed = Buffer.from(chunk);
    const middle = Math.floor(changed.length / 2);
    changed.writeUInt8(changed.readUInt8(middle) ^ 1, middle);
    isDone = true;
    yield changed;
  }
}
