import { mkdir, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ProgramError } from "../../errors.ts";
import type { CopyReader } from "../../layouts/layout.ts";
import { failureOf, startProgram } from "../program/program.ts";
import type { RunContext } from "../source.ts";
import { filesFor } from "./backup-content.ts";
import type { Selection } from "./closure.ts";
import { conninfo, programEnv, type Target } from "./connection.ts";
import { dataTasks, nameOf, stage, unstage, type DataTask } from "./data-tasks.ts";
import { makeStaging, removeStaging } from "./staging-folder.ts";

export interface RestoreRun {
  readonly reader: CopyReader;
  readonly context: RunContext;
  /** As the backup names it. */
  readonly database: string;
  readonly selection: Selection;
  /** Path of pg_restore. */
  readonly program: string;
  readonly jobs: number;
  /** A folder with room for the largest tables; the scratch folder where it is not given. */
  readonly staging?: string | undefined;
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

export interface DatabaseRun extends RestoreRun {
  /** With the database that everything goes into. */
  readonly target: Target;
  readonly passfile: string;
  readonly options: readonly string[];
}

/**
 * Restores a selection into a database: definitions, then data, several tables at once, then indexes
 * and keys. Data lies on disk a few tables at a time: pg_restore takes no other than regular files.
 */
export async function restoreInto(run: DatabaseRun): Promise<void> {
  const { target, passfile } = run;
  const options = [
    "--exit-on-error",
    "--no-password",
    ...run.options,
    `--dbname=${conninfo(target.database)}`,
  ];
  const env = programEnv(target, { ...run.context, passfile });
  await runSections(run, { options, env, secrets: [target.password], canIndex: true });
}

/** Decodes a selection to its last byte, without a server. */
export async function decodeDump(run: RestoreRun, env: Record<string, string>): Promise<void> {
  await runSections(run, { options: ["--file=/dev/null"], env, secrets: [], canIndex: false });
}

interface Call {
  readonly options: readonly string[];
  readonly env: Record<string, string>;
  readonly secrets: readonly string[];
  /** Whether the last section is one to do with several connections. */
  readonly canIndex: boolean;
}

async function runSections(run: RestoreRun, call: Call): Promise<void> {
  const { reader, context, database, selection } = run;
  const staging = await makeStaging(run.staging ?? context.scratchFolder);
  const folder = join(staging, "dump");
  try {
    await mkdir(folder, { mode: 0o700 });
    const files = await filesFor(reader, database, selection);
    await stage(files.filter(isContents), folder, reader, context.signal);
    const blobs = selection.entries.filter(({ kind }) => kind === "BLOBS");
    const tasks = dataTasks(
      files,
      blobs.map(({ dumpId }) => dumpId),
    );
    await checkSpace(folder, tasks, run.jobs);
    const sections = new Sections(folder, run, call);
    await sections.run(
      "pre-data",
      selection.entries.map(({ dumpId }) => dumpId),
    );
    await sections.runTasks(tasks);
    const isData = new Set(tasks.flatMap(({ dumpIds }) => dumpIds));
    const others = selection.entries
      .map(({ dumpId }) => dumpId)
      .filter((each) => !isData.has(each));
    await sections.run("data", others);
    await sections.run("post-data", others, call.canIndex ? [`--jobs=${run.jobs}`] : []);
  } finally {
    await removeStaging(staging);
  }
}

function isContents({ path }: { readonly path: string }): boolean {
  return nameOf(path) === "toc.dat";
}

/** Each lane has one task being read by pg_restore, and the next one being staged. */
async function checkSpace(folder: string, tasks: readonly DataTask[], jobs: number): Promise<void> {
  const needed = tasks.slice(0, jobs * 2).reduce((sum, { bytes }) => sum + bytes, 0);
  const { bavail, bsize } = await statfs(folder);
  if (needed <= bavail * bsize) return;
  throw new ProgramError(
    `there is too little room to restore: ${(needed / 1e9).toFixed(1)} GB are needed for the largest tables`,
    { hint: "Name a folder with more room: option staging, or fewer jobs." },
  );
}

type SectionName = "pre-data" | "data" | "post-data";

class Sections {
  readonly #folder: string;
  readonly #run: RestoreRun;
  readonly #call: Call;
  readonly #failed = new AbortController();
  readonly #signal: AbortSignal;
  #lists = 0;

  constructor(folder: string, run: RestoreRun, call: Call) {
    this.#folder = folder;
    this.#run = run;
    this.#call = call;
    this.#signal = AbortSignal.any([run.context.signal, this.#failed.signal]);
  }

  /** Runs pg_restore for the entries of these that are in a section. */
  async run(
    section: SectionName,
    dumpIds: readonly number[],
    more: readonly string[] = [],
  ): Promise<void> {
    if (dumpIds.length === 0) return;
    const { program: path, context } = this.#run;
    const { options, env, secrets } = this.#call;
    this.#lists += 1;
    const list = `${this.#folder}-${this.#lists}.list`;
    await writeFile(list, dumpIds.map((dumpId) => `${dumpId};\n`).join(""));
    const args = [
      "--format=directory",
      `--section=${section}`,
      `--use-list=${list}`,
      ...options,
      ...more,
      this.#folder,
    ];
    const running = await startProgram({ path, args, env, signal: this.#signal });
    const end = await running.ended;
    context.signal.throwIfAborted();
    const failure = failureOf(end, path, { hint: hintFor(end.said), secrets });
    if (failure !== undefined) throw failure;
  }

  async runTasks(tasks: readonly DataTask[]): Promise<void> {
    const waiting = [...tasks];
    const lanes = Array.from({ length: Math.min(this.#run.jobs, tasks.length) }, async () =>
      this.#runLane(waiting),
    );
    const results = await Promise.allSettled(lanes);
    this.#run.context.signal.throwIfAborted();
    if (this.#failed.signal.aborted) throw this.#failed.signal.reason;
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  /** Stages the next task while pg_restore reads the current one. The first failure ends all lanes. */
  async #runLane(waiting: DataTask[]): Promise<void> {
    let next: Promise<DataTask | undefined> = this.#stageNext(waiting);
    try {
      for (let task = await next; task !== undefined; task = await next) {
        next = this.#stageNext(waiting);
        // Asked for later; a failure meanwhile must not be one that nobody waits for.
        next.catch(() => undefined);
        await this.run("data", task.dumpIds);
        await unstage(task.files, this.#folder);
        this.#run.onProgress?.(task.bytes);
      }
    } catch (error) {
      this.#failed.abort(error);
      await next.catch(() => undefined);
    }
  }

  async #stageNext(waiting: DataTask[]): Promise<DataTask | undefined> {
    const task = waiting.shift();
    if (task === undefined) return undefined;
    await stage(task.files, this.#folder, this.#run.reader, this.#signal);
    return task;
  }
}

function hintFor(said: string): string {
  if (/must be (?:owner|superuser|member)|permission denied/i.test(said)) {
    return "The login lacks rights there. Use a superuser, or restore without owners and grants: option no-owner.";
  }
  if (/is not available|could not open extension control file/.test(said)) {
    return "Install that extension on the target server first.";
  }
  return "Its messages say why. What it had made was removed.";
}
