import { syncBuiltinESMExports } from "node:module";
import fs from "node:fs";

/*
 * Loaded before `lastgood` by `node --import`. Counts the calls that change something below a folder,
 * and kills the process as `kill -9` does in place of one of them.
 *
 * LASTGOOD_TEST_STEPS_BELOW  the folder
 * LASTGOOD_TEST_KILL_AT      in place of which call, counted from 1
 * LASTGOOD_TEST_SIGNAL       another signal, such as SIGSTOP: then the call is made once that is over
 * LASTGOOD_TEST_DIE_AT       in place of which call it is killed after that
 * LASTGOOD_TEST_STEPS_FILE   gets a line for each call, when no call is given
 */

type Call = (...args: unknown[]) => unknown;

const below = process.env["LASTGOOD_TEST_STEPS_BELOW"] ?? "";
const signal = process.env["LASTGOOD_TEST_SIGNAL"] ?? "SIGKILL";
const last = Number(process.env["LASTGOOD_TEST_KILL_AT"] ?? Infinity);
const death = Number(process.env["LASTGOOD_TEST_DIE_AT"] ?? Infinity);
const file = process.env["LASTGOOD_TEST_STEPS_FILE"] ?? "";

const append = fs.appendFileSync.bind(fs);
let count = 0;

function step(name: string, path: unknown): void {
  const text = Buffer.isBuffer(path) ? path.toString() : String(path);
  if (!text.startsWith(below)) return;
  count += 1;
  if (count === last) process.kill(process.pid, signal);
  if (count === death) process.kill(process.pid, "SIGKILL");
  if (file !== "") append(file, `${name} ${text.slice(below.length)}\n`);
}

function watch(target: object, names: readonly string[]): void {
  const functions = target as Record<string, Call>;
  for (const name of names) {
    const original = functions[name];
    if (original === undefined) throw new Error(`there is no ${name}`);
    functions[name] = (...args) => {
      // The new name tells more than the old one.
      step(name, args[name.startsWith("rename") || name.startsWith("link") ? 1 : 0]);
      return original.apply(target, args);
    };
  }
}

/** Opening counts where something is made. */
function watchOpen(target: object, name: string): void {
  const functions = target as Record<string, Call>;
  const original = functions[name];
  if (original === undefined) throw new Error(`there is no ${name}`);
  functions[name] = (...args) => {
    const [path, flags] = args;
    if (typeof flags === "number" && (flags & fs.constants.O_CREAT) !== 0) step(name, path);
    return original.apply(target, args);
  };
}

watch(fs, ["renameSync", "linkSync", "unlinkSync", "mkdirSync", "rmdirSync"]);
watch(fs.promises, ["rename", "unlink", "mkdir", "rmdir", "rm"]);
watchOpen(fs, "openSync");
watchOpen(fs.promises, "open");
syncBuiltinESMExports();
