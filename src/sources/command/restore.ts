import { constants } from "node:fs";
import { lstat, mkdir, open, readdir, rm, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { bytePath, latin1Of, showPath } from "../../byte-path.ts";
import { findCommand } from "../../commands-file.ts";
import { ProgramError, UsageError } from "../../errors.ts";
import { formatBytes } from "../../format.ts";
import type { CopyReader } from "../../layouts/layout.ts";
import type { Entry } from "../../manifest/entry.ts";
import { failureOf, startProgram } from "../program/program.ts";
import type { RestoreOptions, RestoreReport } from "../source.ts";
import { commandEnv, withPath } from "./environment.ts";
import type { CommandSettings } from "./index.ts";

type Request = RestoreOptions<CommandSettings>;

/** Writes what the program gave into a folder, or hands it to the program that restores it. */
export async function restore(request: Request): Promise<RestoreReport> {
  const entries = await pickEntries(request);
  return request.target === "command:"
    ? await restoreByCommand(request, entries)
    : await restoreToFolder(request, entries);
}

async function pickEntries({ reader, picked }: Request): Promise<readonly Entry[]> {
  const { paths = [], entries: isPicked } = picked;
  const below = (path: string): boolean =>
    paths.length === 0 || paths.some((each) => path === each || path.startsWith(`${each}/`));
  const entries: Entry[] = [];
  for await (const entry of reader.entries()) {
    checkPath(entry.path);
    if (below(entry.path) && (isPicked?.(entry) ?? true)) entries.push(entry);
  }
  if (entries.length > 0) return entries;
  throw new UsageError("nothing of the backup is picked", {
    hint: "lastgood backup items lists what it has.",
  });
}

/** A manifest is written by us, but lies elsewhere. */
function checkPath(path: string): void {
  const isPlain = path.split("/").every((segment) => !["", ".", ".."].includes(segment));
  if (isPlain && !path.includes("\0")) return;
  throw new UsageError(`the backup has a path that leads elsewhere: ${showPath(path)}`, {
    hint: "Nothing was written. Verify the backup.",
  });
}

function sizeOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, { content }) => sum + (content?.size ?? 0), 0);
}

async function restoreToFolder(
  request: Request,
  entries: readonly Entry[],
): Promise<RestoreReport> {
  const { target, dryRun } = request;
  const isNew = await checkFolder(target);
  const bytes = sizeOf(entries);
  await checkSpace(isNew ? dirname(target) : target, bytes);
  const files = entries.filter(({ type }) => type === "file");
  const actions = files.map(({ path }) => `write ${join(target, showPath(path))}`);
  if (dryRun) return { actions, bytes: 0, warnings: [] };
  const root = latin1Of(target);
  const made: string[] = [];
  try {
    if (isNew) await mkdir(target, { mode: 0o700 });
    for (const entry of entries) await writeEntry(request, root, entry, made);
    return { actions, bytes, warnings: [] };
  } catch (error) {
    for (const path of made) await rm(bytePath(root, path), { recursive: true, force: true });
    if (isNew) await rm(target, { recursive: true, force: true });
    throw error;
  }
}

/** Whether the folder is still to be made. @throws UsageError where it cannot be used */
async function checkFolder(target: string): Promise<boolean> {
  if (!target.startsWith("/")) {
    throw new UsageError("the target is no absolute path", {
      hint: "Name a new or empty folder, or command: for the program that restores.",
    });
  }
  const found = await lstat(target).catch(() => undefined);
  if (found === undefined) return true;
  if (found.isDirectory() && (await readdir(target)).length === 0) return false;
  throw new UsageError(`${target} is there already, and not an empty folder`, {
    hint: "What a command wrote goes to a new or empty folder alone.",
  });
}

async function checkSpace(folder: string, bytes: number): Promise<void> {
  const found = await statfs(folder).catch(() => undefined);
  if (found === undefined) {
    throw new UsageError(`there is no folder ${folder}`, { hint: "Make it first." });
  }
  if (bytes <= found.bavail * found.bsize) return;
  throw new UsageError(`${folder} has too little room for ${formatBytes(bytes)}`, {
    hint: "Name a folder with more room.",
  });
}

async function writeEntry(
  { reader, context, onProgress }: Request,
  root: string,
  entry: Entry,
  made: string[],
): Promise<void> {
  context.signal.throwIfAborted();
  const [first = entry.path] = entry.path.split("/");
  if (!made.includes(first)) made.push(first);
  const place = bytePath(root, entry.path);
  const folder =
    entry.type === "directory" ? entry.path : entry.path.split("/").slice(0, -1).join("/");
  if (folder !== "") await mkdir(bytePath(root, folder), { recursive: true, mode: 0o700 });
  if (entry.content === undefined) return;
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
  const file = await open(place, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    for await (const chunk of reader.open(entry.content)) {
      await file.writeFile(chunk);
      onProgress?.(chunk.length);
    }
    await file.chmod(entry.mode & 0o777);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function restoreByCommand(
  request: Request,
  entries: readonly Entry[],
): Promise<RestoreReport> {
  const { reader, settings, context, dryRun } = request;
  const name = settings?.command ?? (await commandOf(reader));
  const { restore: call } = await findCommand(name, context.env);
  if (call === undefined) {
    throw new UsageError(`the command ${name} has no program that restores`, {
      hint: 'Add "restore" to it in the commands file, or restore to a folder.',
    });
  }
  const takesPath = call.args.some((argument) => argument.includes("{path}"));
  const files = entries.filter(({ type }) => type === "file");
  const [file] = files;
  if (!takesPath && files.length !== 1) {
    throw new UsageError(`${files.length} files cannot be piped to one program`, {
      hint: "Give its restore program an argument {path}, or restore to a folder.",
    });
  }
  const bytes = sizeOf(entries);
  const actions = [`run ${call.program} with ${bytes} bytes`];
  if (dryRun) return { actions, bytes: 0, warnings: [] };
  if (takesPath) await restoreByPath(request, entries, call);
  else if (file !== undefined) await pipeTo(request, file, call);
  return { actions, bytes, warnings: [] };
}

async function commandOf(reader: CopyReader): Promise<string> {
  const [item] = (await reader.readBody()).items;
  return item?.name ?? "";
}

interface Call {
  readonly program: string;
  readonly args: readonly string[];
}

async function restoreByPath(
  request: Request,
  entries: readonly Entry[],
  { program: path, args }: Call,
): Promise<void> {
  const { context } = request;
  const folder = join(context.scratchFolder, "restore");
  await restoreToFolder({ ...request, target: folder }, entries);
  const [first = ""] = (entries[0]?.path ?? "").split("/");
  const output = join(folder, first);
  const env = commandEnv(context.env, { LASTGOOD_RUN: context.runName, LASTGOOD_OUTPUT: output });
  const { signal } = context;
  const running = await startProgram({ path, args: withPath(args, output), env, signal });
  const end = await running.ended;
  signal.throwIfAborted();
  const failure = failureOf(end, path, { hint: "What it restored so far may be incomplete." });
  if (failure !== undefined) throw failure;
}

async function pipeTo(
  { reader, context, onProgress }: Request,
  { content }: Entry,
  { program: path, args }: Call,
): Promise<void> {
  const { signal } = context;
  const env = commandEnv(context.env, { LASTGOOD_RUN: context.runName });
  const running = await startProgram({ path, args, env, signal, stdin: "pipe" });
  let corruption: { readonly cause: unknown } | undefined;
  const bytes = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of content === undefined ? [] : reader.open(content)) {
        onProgress?.(chunk.length);
        yield chunk;
      }
    } catch (cause) {
      corruption = { cause };
      // An end of its input would look like the end of the backup.
      running.kill();
      await running.ended;
      throw cause;
    }
  };
  const fed = running.stdin === null ? undefined : pipeline(bytes(), running.stdin);
  const cut = await fed?.catch((cause: unknown) => cause);
  const end = await running.ended;
  if (corruption !== undefined) throw corruption.cause;
  signal.throwIfAborted();
  const failure = failureOf(end, path, { hint: "What it restored so far may be incomplete." });
  if (failure !== undefined) throw failure;
  if (cut !== undefined) {
    throw new ProgramError(`${path} ended well before it had read all of the backup`, {
      cause: cut,
    });
  }
}
