import { type BigIntStats, lstatSync, readdirSync } from "node:fs";
import { bytePath, showPath } from "../../byte-path.ts";
import type { Missing } from "../../manifest/entry.ts";
import { markerName } from "../../providers/marker.ts";
import { codeOf } from "./code-of.ts";
import type { IsExcluded } from "./exclude.ts";

/** Something that a walk came by; `.` is the folder itself. */
export interface Found {
  readonly path: string;
  readonly stat: BigIntStats;
}

export interface WalkOptions {
  /** With one character a byte. */
  readonly folder: string;
  readonly isExcluded: IsExcluded;
  readonly isOneFileSystem: boolean;
  readonly onMissing: (missing: Missing) => void;
  readonly onVanished: (path: string) => void;
  readonly warn: (text: string) => void;
}

interface Level {
  /** Of the names below it: empty at the top, else ends with `/`. */
  readonly prefix: string;
  readonly names: readonly string[];
  next: number;
}

/**
 * Walks a folder in the order of `comparePaths`, following no link. Nothing waits here, so that the
 * caller decides when other work gets its turn.
 */
export function* walk(options: WalkOptions, top: BigIntStats): Generator<Found> {
  const stack: Level[] = [
    { prefix: "", names: [".", ...list(options, ".")].toSorted(byBytes), next: 0 },
  ];
  for (let level = stack.at(-1); level !== undefined; level = stack.at(-1)) {
    const name = level.names[level.next];
    level.next += 1;
    if (name === undefined) {
      stack.pop();
      continue;
    }
    const path = level.prefix + name;
    const stat = path === "." ? top : look(options, path);
    if (stat === undefined || isExcluded(options, path, stat)) continue;
    yield { path, stat };
    if (path === "." || !stat.isDirectory() || !isEntered(options, path, stat, top)) continue;
    stack.push({ prefix: `${path}/`, names: namesIn(options, path), next: 0 });
  }
}

/** What lies in a folder, in order; of a place that keeps backups nothing, or each would hold those before. */
function namesIn(options: WalkOptions, path: string): readonly string[] {
  const names = list(options, path);
  if (!names.includes(markerName)) return names.toSorted(byBytes);
  options.warn(`${showPath(path)} keeps backups: what lies in it is left out`);
  return [];
}

function isExcluded(options: WalkOptions, path: string, stat: BigIntStats): boolean {
  return path !== "." && options.isExcluded(path, stat.isDirectory());
}

function isEntered(
  options: WalkOptions,
  path: string,
  stat: BigIntStats,
  top: BigIntStats,
): boolean {
  if (!options.isOneFileSystem || stat.dev === top.dev) return true;
  options.warn(`${showPath(path)} is another file system: what lies in it is left out`);
  return false;
}

function look(
  { folder, onVanished, onMissing }: WalkOptions,
  path: string,
): BigIntStats | undefined {
  try {
    return lstatSync(bytePath(folder, path), { bigint: true });
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT") onVanished(path);
    else onMissing({ path: showPath(path), reason: `could not be looked at (${code})` });
    return undefined;
  }
}

function list({ folder, onVanished, onMissing }: WalkOptions, path: string): string[] {
  try {
    return readdirSync(bytePath(folder, path), "latin1");
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT") onVanished(path);
    else
      onMissing({ path: showPath(path), reason: `what lies in it could not be listed (${code})` });
    return [];
  }
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : 1;
}
