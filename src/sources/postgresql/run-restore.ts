import { mkdir, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ProgramError } from "../../errors.ts";
import { formatBytes } from "../../format.ts";
import { CorruptError } from "../../layouts/errors.ts";
import type { CopyReader } from "../../layouts/layout.ts";
import type { Entry } from "../../manifest/entry.ts";
import { failureOf, startProgram } from "../program/program.ts";
import type { RunContext } from "../source.ts";
import { filesFor } from "./backup-content.ts";
import type { Selection } from "./closure.ts";
import { conninfo, programEnv, type Target } from "../../postgresql/connection.ts";
import { loadTasks, nameOf, type LoadTask } from "./data-tasks.ts";
import type { Graph } from "./graph.ts";
import { loadTables } from "./load.ts";
import { makeStaging, removeStaging } from "./staging-folder.ts";

export interface RestoreRun {
  readonly reader: CopyReader;
  readonly context: RunContext;
  readonly graph: Graph;
  readonly selection: Selection;
  /** Path of pg_restore. */
  readonly program: string;
  /** A folder with room for all large objects; the scratch folder where it is not given. */
  readonly staging?: string | undefined;
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

export interface DatabaseRun extends RestoreRun {
  /** With the database that everything goes into. */
  readonly target: Target;
  readonly passfile: string;
  readonly jobs: number;
  readonly options: readonly string[];
}

/**
 * Restores a selection into a database. Definitions, large objects, indexes and keys are pg_restore's;
 * rows go to the server straight from the copy, for pg_restore takes them from regular files alone.
 */
export async function restoreInto(run: DatabaseRun): Promise<void> {
  const { target, passfile, graph } = run;
  const options = [
    "--exit-on-error",
    "--no-password",
    ...run.options,
    `--dbname=${conninfo(target.database)}`,
  ];
  const env = programEnv(target, { ...run.context, passfile });
  await runSections(run, {
    call: { options, env, secrets: [target.password] },
    indexOptions: [`--jobs=${run.jobs}`],
    load: async (tasks) => loadTables(tasks, { ...run, encoding: graph.database.encoding }),
  });
}

/** Decodes a selection to its last byte, without a server. */
export async function decodeDump(run: RestoreRun, env: Record<string, string>): Promise<void> {
  await runSections(run, {
    call: { options: ["--file=/dev/null"], env, secrets: [] },
    indexOptions: [],
    load: async (tasks) => {
      for (const task of tasks) await decodeTables(task, run);
    },
  });
}

/** The last line of the rows of a table in a dump, and the empty ones after it. */
const endOfRows = Buffer.from("\\.\n\n\n");

async function decodeTables(task: LoadTask, { reader, context }: RestoreRun): Promise<void> {
  const entries = task.map(({ entry }) => entry);
  await reader.readMany(entries, async ({ path }, bytes) => {
    let end: Buffer = Buffer.alloc(0);
    for await (const chunk of bytes) {
      context.signal.throwIfAborted();
      end = Buffer.concat([end, chunk.subarray(-endOfRows.length)]).subarray(-endOfRows.length);
    }
    if (!end.equals(endOfRows)) throw new CorruptError(`the rows in ${path} have no end`);
  });
}

interface Steps {
  readonly call: Call;
  readonly indexOptions: readonly string[];
  readonly load: (tasks: readonly LoadTask[]) => Promise<void>;
}

interface Call {
  readonly options: readonly string[];
  readonly env: Record<string, string>;
  /** Never shown, whatever pg_restore says. */
  readonly secrets: readonly string[];
}

async function runSections(run: RestoreRun, { call, indexOptions, load }: Steps): Promise<void> {
  const { reader, context, graph, selection } = run;
  const staging = await makeStaging(run.staging ?? context.scratchFolder);
  const folder = join(staging, "dump");
  try {
    await mkdir(folder, { mode: 0o700 });
    const files = await filesFor(reader, graph.database.name, selection);
    const tables = files.filter(({ path }) => isTable(path));
    await stage(
      files.filter(({ path }) => !isTable(path)),
      folder,
      run,
    );
    const others = selection.entries.filter(({ data }) => data === undefined);
    const list = join(staging, "list");
    await writeFile(list, others.map(({ dumpId }) => `${dumpId};\n`).join(""));
    const restore = async (section: string, more: readonly string[] = []): Promise<void> => {
      const args = [`--section=${section}`, `--use-list=${list}`, ...call.options, ...more, folder];
      await runProgram(run, args, call);
    };
    await restore("pre-data");
    await load(loadTasks(tables, selection.entries));
    await restore("data");
    await restore("post-data", indexOptions);
  } finally {
    await removeStaging(staging);
  }
}

function isTable(path: string): boolean {
  return /^\d+\.dat$/.test(nameOf(path));
}

/** Writes what pg_restore reads into a folder, each file compared with the manifest before. */
async function stage(
  entries: readonly Entry[],
  folder: string,
  { reader, context, onProgress }: RestoreRun,
): Promise<void> {
  const needed = entries.reduce((sum, { content }) => sum + (content?.size ?? 0), 0);
  const { bavail, bsize } = await statfs(folder);
  if (needed > bavail * bsize) {
    throw new ProgramError(
      `there is too little room: ${formatBytes(needed)} of large objects have to lie in ${folder} for a while`,
      { hint: "Name a folder with more room: --staging." },
    );
  }
  await reader.readMany(entries, async ({ path, content }, bytes) => {
    context.signal.throwIfAborted();
    await writeFile(join(folder, nameOf(path)), bytes, { mode: 0o600, flag: "wx" });
    onProgress?.(content?.size ?? 0);
  });
}

async function runProgram(
  { program: path, context }: RestoreRun,
  args: readonly string[],
  { env, secrets }: Call,
): Promise<void> {
  const options = { path, args: ["--format=directory", ...args], env, signal: context.signal };
  const end = await (await startProgram(options)).ended;
  context.signal.throwIfAborted();
  const failure = failureOf(end, path, { hint: hintFor(end.said), secrets });
  if (failure !== undefined) throw failure;
}

function hintFor(said: string): string {
  if (/must be (?:owner|superuser|member)|permission denied/i.test(said)) {
    return "The login lacks rights there. Use a superuser, or restore without owners and grants: --no-owner.";
  }
  if (/is not available|could not open extension control file/.test(said)) {
    return "Install that extension on the target server first.";
  }
  return "Its messages say why. What it had made was removed.";
}
