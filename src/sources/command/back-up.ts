import { createReadStream, constants } from "node:fs";
import { lstat, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { bytePath, latin1Of, showPath } from "../../byte-path.ts";
import { findCommand, type Command } from "../../commands-file.ts";
import { ProgramError } from "../../errors.ts";
import type { Sink } from "../../layouts/layout.ts";
import { comparePaths, type Entry, type ManifestBody, type Missing } from "../../manifest/entry.ts";
import { failureOf, startProgram } from "../program/program.ts";
import type { BackUpOptions, RunContext } from "../source.ts";
import { commandEnv, withPath } from "./environment.ts";
import type { CommandSettings } from "./index.ts";

interface Output {
  readonly entries: readonly Entry[];
  readonly missing: readonly Missing[];
}

/** Runs the program and keeps what it writes. Any end but status 0, or no output, is a failure. */
export async function backUp(options: BackUpOptions<CommandSettings>): Promise<ManifestBody> {
  const { settings, sink, context } = options;
  const name = settings.command;
  const command = await findCommand(name, context.env);
  const output =
    command.mode === "stdout"
      ? await keepStdout(name, command, sink, context)
      : await keepPath(name, command, sink, context);
  const sizeBytes = output.entries.reduce((sum, { content }) => sum + (content?.size ?? 0), 0);
  if (sizeBytes === 0) {
    throw new ProgramError(`the command ${name} ended well and wrote nothing`, {
      hint: "An empty output is no backup. Does it write to where the commands file says?",
    });
  }
  for (const entry of output.entries) await sink.add(entry);
  const details = { command: name, mode: command.mode };
  return {
    items: [{ kind: "stream", name, sizeBytes, details }],
    missing: output.missing,
    notCollected: [],
    versions: {},
  };
}

async function keepStdout(
  name: string,
  { program: path, args }: Command,
  sink: Sink,
  context: RunContext,
): Promise<Output> {
  const { signal, runName } = context;
  const env = commandEnv(context.env, { LASTGOOD_RUN: runName });
  const program = await startProgram({ path, args, env, signal, stdout: "pipe" });
  try {
    const content = await sink.store(program.stdout ?? Readable.from([]));
    signal.throwIfAborted();
    const failure = failureOf(await program.ended, path, { hint: hintFor(name) });
    if (failure !== undefined) throw failure;
    return { entries: [{ ...common("file"), path: `${name}.backup`, content }], missing: [] };
  } finally {
    await program.end();
  }
}

async function keepPath(
  name: string,
  { program: path, args }: Command,
  sink: Sink,
  context: RunContext,
): Promise<Output> {
  const { signal, runName, scratchFolder } = context;
  const output = join(scratchFolder, `${name}.backup`);
  const env = commandEnv(context.env, { LASTGOOD_RUN: runName, LASTGOOD_OUTPUT: output });
  const program = await startProgram({ path, args: withPath(args, output), env, signal });
  const end = await program.ended;
  signal.throwIfAborted();
  const failure = failureOf(end, path, { hint: hintFor(name) });
  if (failure !== undefined) throw failure;
  return await new OutputTree(latin1Of(scratchFolder), sink, signal).read(`${name}.backup`);
}

function hintFor(name: string): string {
  return `Run the command ${name} of the commands file by hand, as this user, to see what it lacks.`;
}

function common(type: Entry["type"]): Omit<Entry, "path"> {
  return {
    type,
    mode: type === "directory" ? 0o700 : 0o600,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    mtime: BigInt(Date.now()) * 1_000_000n,
  };
}

/** A file, or a folder with files: what a program left at the path that it was given. */
class OutputTree {
  readonly #root: string;
  readonly #sink: Sink;
  readonly #signal: AbortSignal;
  readonly #entries: Entry[] = [];
  readonly #missing: Missing[] = [];

  constructor(root: string, sink: Sink, signal: AbortSignal) {
    this.#root = root;
    this.#sink = sink;
    this.#signal = signal;
  }

  async read(path: string): Promise<Output> {
    await this.#visit(path);
    const entries = this.#entries.toSorted((a, b) => comparePaths(a.path, b.path));
    return { entries, missing: this.#missing };
  }

  async #visit(path: string): Promise<void> {
    this.#signal.throwIfAborted();
    const place = bytePath(this.#root, path);
    const found = await lstat(place, { bigint: true }).catch(() => undefined);
    if (found === undefined) return;
    const metadata = { path, mode: Number(found.mode & 0o7777n), mtime: found.mtimeNs };
    if (found.isDirectory()) {
      this.#entries.push({ ...common("directory"), ...metadata });
      for (const name of await readdir(place, "latin1")) await this.#visit(`${path}/${name}`);
    } else if (found.isFile()) {
      this.#entries.push({ ...common("file"), ...metadata, content: await this.#store(place) });
    } else {
      this.#missing.push({ path: showPath(path), reason: "it is neither a file nor a folder" });
    }
  }

  async #store(place: Buffer): ReturnType<Sink["store"]> {
    const file = await open(place, constants.O_RDONLY | constants.O_NOFOLLOW);
    return await this.#sink.store(
      createReadStream("", { fd: file, highWaterMark: 1024 * 1024, autoClose: true }),
    );
  }
}
