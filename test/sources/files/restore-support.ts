import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { TestContext as Task } from "vitest";
import type { Entry } from "../../../src/manifest/entry.ts";
import { filesSource } from "../../../src/sources/files/index.ts";
import type { Picked, RestoreReport } from "../../../src/sources/source.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { runProgram } from "../../support/programs.ts";
import { skip } from "../../support/skip.ts";
import { MemoryCopy, runContext, type TestContext } from "./support.ts";

export const withoutTar: Readonly<Record<string, string>> = { LASTGOOD_TAR: "no-such-tar" };

export interface RestoreSettings {
  readonly target?: string;
  readonly picked?: Omit<Picked, "items">;
  readonly replace?: boolean;
  readonly dryRun?: boolean;
  readonly options?: Readonly<Record<string, string | boolean>>;
  readonly context?: TestContext;
}

/** A folder with a source to fill, and a target that is not there yet. */
export class Site {
  readonly folder: string;
  readonly source: string;
  readonly target: string;
  readonly context: TestContext;

  private constructor(folder: string, context: TestContext) {
    this.folder = folder;
    this.source = join(folder, "source");
    this.target = join(folder, "target");
    this.context = context;
  }

  static async make(): Promise<Site> {
    const folder = await temporaryFolder();
    const site = new Site(folder, await runContext(folder));
    mkdirSync(site.source);
    return site;
  }

  write(name: string, text: string | Buffer = name): string {
    const path = join(this.source, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  async restore(copy: MemoryCopy, settings: RestoreSettings = {}): Promise<RestoreReport> {
    return await filesSource.restore({
      reader: copy,
      picked: { items: [], ...settings.picked },
      target: settings.target ?? this.target,
      replace: settings.replace ?? false,
      dryRun: settings.dryRun ?? false,
      options: settings.options ?? {},
      context: settings.context ?? this.context,
    });
  }

  /** What lies beside source and scratch: nothing of ours may be left there. */
  beside(): readonly string[] {
    return readdirSync(this.folder).filter((name) => !["scratch", "source"].includes(name));
  }
}

export type ForgedEntry = Partial<Entry> & { readonly path: string; readonly text?: string };

/** A list as an attacker would write it. */
export async function forged(...entries: readonly ForgedEntry[]): Promise<MemoryCopy> {
  const copy = new MemoryCopy();
  for (const { text, ...entry } of entries) {
    copy.list.push({
      type: text === undefined ? "directory" : "file",
      mode: 0o755,
      uid: process.getuid?.() ?? 0,
      gid: process.getgid?.() ?? 0,
      mtime: 1_000_000_000n,
      ...(text === undefined ? {} : { content: await copy.store(Buffer.from(text)) }),
      ...entry,
    });
  }
  return copy;
}

/** One of everything that a file system can hold. */
export async function makeZoo(site: Site): Promise<void> {
  const { source } = site;
  const names = [
    "two\nlines",
    "back\\nslash",
    "-dash",
    "x".repeat(255),
    "Straße",
    " space ",
    "a/b",
  ];
  for (const name of names) chmodSync(site.write(name), 0o640);
  for (const size of [0, 1, 511, 512, 513, 300_000, 3_000_000]) {
    site.write(`sizes/${size}`, Buffer.alloc(size, `${size} `));
  }
  const odd = Buffer.from([0xff, 0xfe, 0x80]);
  writeFileSync(Buffer.concat([Buffer.from(`${source}/`), odd]), "odd");
  const deep = join(source, "d".repeat(200), Buffer.alloc(100, "ü").toString());
  mkdirSync(deep, { recursive: true });
  writeFileSync(join(deep, "deep"), "deep");
  linkSync(site.write("a-link/first"), join(source, "b-link"));
  linkSync(join(source, "b-link"), join(source, "c-link"));
  symlinkSync("a/b", join(source, "relative"));
  symlinkSync("not there", join(source, "dangling"));
  symlinkSync("../a/b", join(source, "sizes", "x".repeat(150)));
  await runProgram("mkfifo", ["-m", "600", join(source, "pipe")]);
  const holes = site.write("holes", "start");
  truncateSync(holes, 5_000_000);
  writeFileSync(holes, "end", { flag: "a" });
  mkdirSync(join(source, "closed"));
  site.write("closed/inside");
  await runProgram("touch", ["-d", "1960-02-03 04:05:06.5 UTC", join(source, "a")]);
  await runProgram("touch", [
    "-h",
    "-d",
    "2001-02-03 04:05:06.123456789 UTC",
    join(source, "relative"),
  ]);
  chmodSync(join(source, "closed"), 0o500);
  chmodSync(join(source, "a"), 0o2775);
  chmodSync(source, 0o751);
}

/** Everything that `find` and hashes can tell. */
export async function fingerprint(path: string): Promise<string> {
  const format = String.raw`%P\0%y %m %U %G %s %T@ %l %n\n`;
  const { stdout } = await runProgram("find", [path, "-printf", format]);
  const hashes = ["-type", "f", "-exec", "sha256sum", "{}", "+"];
  const { stdout: sums } = await runProgram("find", [".", ...hashes], { cwd: path });
  // The size of a folder is the file system's affair.
  const lines = stdout.replace(/\0d (\d+ \d+ \d+) \d+/g, "\0d $1").split("\n");
  return [...lines, ...sums.split("\n")].toSorted().join("\n");
}

/** Attributes and ACLs on a file and a folder; skips where the file system has none. */
export async function addAttributes(task: Task, site: Site): Promise<void> {
  const file = site.write("with attributes");
  const folder = join(site.source, "folder");
  mkdirSync(folder);
  const acts = [
    ["setfattr", ["-n", "user.note", "-v", "0x00ff0a", file]],
    ["setfattr", ["-n", "user.note", "-v", "on a folder", folder]],
    ["setfacl", ["-m", "u:12345:r--", file]],
    ["setfacl", ["-d", "-m", "g:54321:rwx", folder]],
  ] as const;
  for (const [program, args] of acts) {
    const { status, stderr } = await runProgram(program, args);
    if (status !== 0) skip(task, `${program} does not work here: ${stderr}`);
  }
}
