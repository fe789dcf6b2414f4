import type { Client } from "pg";
import { ProgramError } from "../../errors.ts";
import { isDatabaseError } from "../../errors.ts";
import type { CopyReader } from "../../layouts/layout.ts";
import type { RunContext } from "../source.ts";
import { connectTo, type Target } from "../../postgresql/connection.ts";
import { copyIn } from "./copy-in.ts";
import type { LoadTask, TableFile } from "./data-tasks.ts";
import { dotted, quoted } from "./names.ts";
import * as queries from "./restore-queries.ts";

export interface LoadOptions {
  readonly reader: CopyReader;
  readonly target: Target;
  readonly context: RunContext;
  /** Of the rows, as the dump has them. */
  readonly encoding: string;
  readonly jobs: number;
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/**
 * Copies tables into a database over several connections. Every byte is compared with the manifest on
 * its way, and a table whose bytes are not right keeps none of them.
 */
export async function loadTables(tasks: readonly LoadTask[], options: LoadOptions): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([options.context.signal, failed.signal]);
  const lane = new Lane([...tasks], { ...options, context: { ...options.context, signal } });
  const lanes = Array.from({ length: Math.min(options.jobs, tasks.length) }, async () => {
    try {
      await lane.run();
    } catch (error) {
      // The first failure is the one to tell: others follow from it.
      failed.abort(error);
    }
  });
  await Promise.all(lanes);
  options.context.signal.throwIfAborted();
  if (failed.signal.aborted) throw failed.signal.reason;
}

class Lane {
  readonly #waiting: LoadTask[];
  readonly #options: LoadOptions;

  constructor(waiting: LoadTask[], options: LoadOptions) {
    this.#waiting = waiting;
    this.#options = options;
  }

  async run(): Promise<void> {
    const { target, context, encoding } = this.#options;
    const client = await connectTo(target, context);
    try {
      await client.query(queries.prepareCopy, [encoding]);
      for (let task = this.#waiting.shift(); task !== undefined; task = this.#waiting.shift()) {
        await this.#load(client, task);
      }
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async #load(client: Client, task: LoadTask): Promise<void> {
    const { reader } = this.#options;
    const [first] = task;
    if (task.length === 1 && first !== undefined) {
      await this.#copy(client, first, reader.open(first.content));
      return;
    }
    const byPath = new Map(task.map((file) => [file.entry.path, file]));
    await reader.readMany(
      task.map(({ entry }) => entry),
      async ({ path }, bytes) => {
        const file = byPath.get(path);
        if (file !== undefined) await this.#copy(client, file, bytes);
      },
    );
  }

  async #copy(
    client: Client,
    { table }: TableFile,
    bytes: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const { onProgress, context } = this.#options;
    const counted = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of bytes) {
        onProgress?.(chunk.length);
        yield chunk;
      }
    };
    const columns = table.columns.length === 0 ? "" : ` (${table.columns.map(quoted).join(", ")})`;
    const name = `${quoted(table.schema)}.${quoted(table.name)}`;
    try {
      // In the transaction that emptied the table, its rows need no log and are frozen at once.
      await client.query(`begin; truncate only ${name}`);
      await copyIn(client, `copy ${name}${columns} from stdin with (freeze)`, counted());
      await client.query("commit");
    } catch (error) {
      context.signal.throwIfAborted();
      throw isDatabaseError(error) && !/^(?:08|57P)/.test(error.code)
        ? refused(error, dotted(table.schema, table.name))
        : error;
    }
  }
}

function refused(cause: Error, table: string): ProgramError {
  return new ProgramError(`the server did not take the rows of ${table}: ${cause.message}`, {
    cause,
    hint: "What the restore had made was removed.",
  });
}
