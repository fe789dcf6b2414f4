import {
  chmodSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { latin1Of } from "../../../src/byte-path.ts";
import { entryOf } from "../../../src/sources/files/entry-of.ts";
import { comparePaths } from "../../../src/manifest/entry.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { runProgram } from "../../support/programs.ts";
import { skip } from "../../support/skip.ts";
import { backUp, MemoryCopy, runContext, type TestContext } from "./support.ts";

let source: string;
let context: TestContext;

beforeEach(async () => {
  const folder = await temporaryFolder();
  source = join(folder, "source");
  mkdirSync(source);
  context = await runContext(folder);
});

function write(name: string, text: string | Buffer = name): string {
  const path = join(source, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** Long enough ago for a later change to show in ctime. */
async function settle(...paths: string[]): Promise<void> {
  const until = Math.max(...paths.map((path) => statSync(path).ctimeMs)) + 25;
  while (Date.now() <= until) await new Promise((resolve) => setImmediate(resolve));
}

describe("a first backup", () => {
  test("has the folder itself, and everything below it in the order of a manifest", async () => {
    for (const name of ["a/b", "a-b", "a.b", "-dash", "a/b-c/d", "z", "!first"]) {
      mkdirSync(join(source, name), { recursive: true });
    }
    const copy = await backUp(source, context);
    expect(copy.paths()).toEqual(copy.paths().toSorted(comparePaths));
    expect(copy.paths()).toEqual([
      "!first",
      "-dash",
      ".",
      "a",
      "a/b",
      "a/b-c",
      "a/b-c/d",
      "a-b",
      "a.b",
      "z",
    ]);
    expect(copy.body.missing).toEqual([]);
  });

  test("tells type, mode, owner, times and what is in each", async () => {
    const file = write("file", "some text");
    chmodSync(file, 0o4750);
    mkdirSync(join(source, "folder"), { mode: 0o1777 });
    chmodSync(join(source, "folder"), 0o1777);
    symlinkSync("/nowhere/at all", join(source, "dangling"));
    await runProgram("mkfifo", ["-m", "600", join(source, "pipe")]);
    await runProgram("touch", ["-d", "2001-02-03 04:05:06.123456789 UTC", file]);
    const copy = await backUp(source, context);
    const stat = statSync(file, { bigint: true });
    expect(copy.entry("file")).toMatchObject({
      type: "file",
      mode: 0o4750,
      uid: process.getuid?.(),
      gid: process.getgid?.(),
      mtime: 981_173_106_123_456_789n,
      inode: stat.ino,
      content: { size: 9 },
    });
    expect(copy.text("file")).toBe("some text");
    expect(copy.entry("folder")).toMatchObject({ type: "directory", mode: 0o1777 });
    expect(copy.entry("dangling")).toMatchObject({ type: "symlink", target: "/nowhere/at all" });
    expect(copy.entry("pipe")).toMatchObject({ type: "fifo", mode: 0o600 });
  });

  test.for([
    ["a line end", "two\nlines"],
    ["a backslash and letters", "back\\nslash"],
    ["255 bytes", "x".repeat(255)],
    ["quotes, a star and a space at the end", `'"* `],
    ["letters that are no ASCII", "Straße/日本"],
  ])("keeps a name with %s", async ([, name]) => {
    write(String(name), "here");
    const copy = await backUp(source, context);
    expect(copy.text(latin1Of(String(name)))).toBe("here");
  });

  test("keeps a name that is no UTF-8", async () => {
    const name = Buffer.from([0xff, 0xfe, 0x80]);
    writeFileSync(Buffer.concat([Buffer.from(`${source}/`), name]), "odd");
    const copy = await backUp(source, context);
    expect(copy.text("\u00ff\u00fe\u0080")).toBe("odd");
  });

  test("keeps files of every size whole", async () => {
    const sizes = [0, 1, 4095, 4096, 256 * 1024, 256 * 1024 + 1, 3_000_000];
    for (const size of sizes) write(`of ${size}`, Buffer.alloc(size, `${size} `));
    const copy = await backUp(source, context);
    for (const size of sizes) {
      expect(copy.text(`of ${size}`)).toBe(Buffer.alloc(size, `${size} `).toString());
    }
  });

  test("names the first of several names of one file, and reads it once", async () => {
    const file = write("b/second");
    linkSync(file, join(source, "a-first"));
    linkSync(file, join(source, "c"));
    const copy = await backUp(source, context);
    expect(copy.entry("a-first").hardLink).toBeUndefined();
    expect(copy.entry("b/second").hardLink).toBe("a-first");
    expect(copy.entry("c")).toMatchObject({
      hardLink: "a-first",
      content: copy.entry("a-first").content,
    });
    expect(copy.stores).toBe(1);
  });

  test("says which files have holes", async () => {
    truncateSync(write("holes", "x"), 10_000_000);
    write("whole");
    const copy = await backUp(source, context);
    expect(copy.entry("holes").isSparse).toBe(true);
    expect(copy.entry("whole").isSparse).toBeUndefined();
  });

  test("leaves sockets out, and says so", async () => {
    const server = createServer().listen(join(source, "socket"));
    await once(server, "listening");
    const copy = await backUp(source, context).finally(() => server.close());
    expect(copy.paths()).toEqual(["."]);
    expect(context.warnings).toEqual([expect.stringContaining("socket is a socket")]);
    expect(copy.body.missing).toEqual([]);
  });

  test("leaves out what is excluded, with all below it", async () => {
    for (const name of ["keep.txt", "a.tmp", "deep/b.tmp", "cache/x", "deep/cache/y", "logs/1/z"]) {
      write(name);
    }
    const settings = { exclude: "*.tmp, cache/, /logs/**" };
    const copy = await backUp(source, context, { settings });
    expect(copy.paths()).toEqual([".", "deep", "keep.txt", "logs"]);
  });

  test("reads extended attributes and ACLs, also of folders and large files", async (task) => {
    const [file, large] = [write("file"), write("large", Buffer.alloc(2_000_000))];
    mkdirSync(join(source, "folder"));
    const set = ["setfattr", ["-n", "user.note", "-v", "0x00ff0a", file, large]] as const;
    const acl = ["setfacl", ["-m", "u:12345:r--", file]] as const;
    const byDefault = ["setfacl", ["-d", "-m", "g:54321:rwx", join(source, "folder")]] as const;
    for (const [program, args] of [set, acl, byDefault]) {
      const { status, stderr } = await runProgram(program, args);
      if (status !== 0) skip(task, `${program} does not work here: ${stderr}`);
    }
    const copy = await backUp(source, context);
    const note = { "user.note": Buffer.from([0, 255, 10]).toString("base64") };
    expect(copy.entry("file")).toMatchObject({
      xattrs: note,
      acl: "user::rw-\nuser:12345:r--\ngroup::r--\nmask::r--\nother::r--",
    });
    expect(copy.entry("large")).toMatchObject({ xattrs: note });
    expect(copy.entry("folder").defaultAcl).toContain("group:54321:rwx");
    expect(copy.entry("file").xattrs).toEqual(note);
    expect(copy.body).toMatchObject({ notCollected: [], versions: { tar: expect.any(String) } });
  });

  test("says what it did not collect where there is no GNU tar", async () => {
    const bare = await runContext(join(source, ".."), { env: { LASTGOOD_TAR: "no-such-tar" } });
    write("file", "text");
    const copy = await backUp(source, bare);
    expect(copy.body.notCollected).toEqual([expect.stringContaining("extended attributes")]);
    expect(copy.text("file")).toBe("text");
  });

  test("refuses a folder that is not there, and one that is a file", async () => {
    const code = { code: "USAGE", hint: expect.any(String) };
    await expect(backUp(join(source, "gone"), context)).rejects.toMatchObject(code);
    await expect(backUp(write("file"), context)).rejects.toMatchObject(code);
  });
});

describe("trouble", () => {
  test("a file that cannot be read is missing, and the rest is there", async (task) => {
    if (process.getuid?.() === 0) skip(task, "root can read everything");
    chmodSync(write("closed"), 0);
    write("open");
    const copy = await backUp(source, context);
    expect(copy.body.missing).toEqual([
      { path: "closed", reason: expect.stringContaining("EACCES") },
    ]);
    expect(copy.paths()).toEqual([".", "open"]);
  });

  test("a file that never is at rest is missing", async () => {
    const file = write("busy", Buffer.alloc(1_000_000));
    const sink = new MemoryCopy();
    const store = sink.store.bind(sink);
    sink.store = async (bytes) => {
      // Someone writes into it whenever it is read.
      writeFileSync(file, "x", { flag: "a" });
      return await store(bytes);
    };
    const copy = await backUp(source, context, { sink });
    expect(copy.body.missing).toEqual([
      { path: "busy", reason: expect.stringContaining("changed while") },
    ]);
  });

  test("a file that changes once is read again", async () => {
    const file = write("busy", Buffer.alloc(1_000_000));
    const sink = new MemoryCopy();
    const store = sink.store.bind(sink);
    sink.store = async (bytes) => {
      if (sink.stores === 0) writeFileSync(file, "longer", { flag: "a" });
      return await store(bytes);
    };
    const copy = await backUp(source, context, { sink });
    expect(copy.body.missing).toEqual([]);
    expect(copy.entry("busy").content?.size).toBe(1_000_006);
  });

  test("a file that vanishes is no failure, but said", async () => {
    write("a", Buffer.alloc(1_000_000));
    const later = write("b", Buffer.alloc(1_000_000));
    const sink = new MemoryCopy();
    const store = sink.store.bind(sink);
    sink.store = async (bytes) => {
      rmSync(later, { force: true });
      return await store(bytes);
    };
    const copy = await backUp(source, context, { sink });
    expect(copy.paths()).toEqual([".", "a"]);
    expect(copy.body.missing).toEqual([]);
    expect(context.warnings).toEqual([expect.stringContaining("b vanished")]);
  });

  test("a folder that is replaced on the way is refused", async () => {
    write("a", Buffer.alloc(1_000_000));
    const sink = new MemoryCopy();
    const store = sink.store.bind(sink);
    sink.store = async (bytes) => {
      rmSync(source, { recursive: true });
      mkdirSync(join(source, "another"), { recursive: true });
      return await store(bytes);
    };
    await expect(backUp(source, context, { sink })).rejects.toMatchObject({ code: "USAGE" });
  });

  test("an end by signal ends it", async () => {
    write("a");
    const stopped = await runContext(join(source, ".."), { signal: AbortSignal.abort() });
    await expect(backUp(source, stopped)).rejects.toThrow("abort");
  });
});

describe("an incremental backup", () => {
  test("reads nothing where nothing changed", async () => {
    const paths = [write("a"), write("b/c", Buffer.alloc(500_000)), write("empty", "")];
    await settle(...paths);
    const parent = await backUp(source, context);
    const copy = await backUp(source, context, { parent });
    expect(copy.list).toEqual(parent.list);
    expect(copy.stores).toBe(0);
  });

  test("sees bytes that changed under the same size and mtime", async () => {
    const file = write("a", "before");
    await settle(file);
    const parent = await backUp(source, context);
    const { atime, mtime } = statSync(file);
    writeFileSync(file, "after!");
    utimesSync(file, atime, mtime);
    expect((await backUp(source, context, { parent })).text("a")).toBe("after!");
  });

  test("sees a change in the same tick of the clock as the one before", () => {
    const stat = lstatSync(write("a"), { bigint: true });
    const changedAt = Math.floor(Number(stat.ctimeNs / 1_000_000n));
    const nobody = { users: new Map(), groups: new Map() };
    expect(entryOf("a", stat, { readAt: changedAt + 5 }, nobody).ctime).toBeUndefined();
    expect(entryOf("a", stat, { readAt: changedAt + 25 }, nobody).ctime).toBe(stat.ctimeNs);
  });

  test("sees a file of another inode with the same times", async () => {
    const file = write("a", "before");
    await settle(file);
    const parent = await backUp(source, context);
    const { atime, mtime } = statSync(file);
    rmSync(file);
    writeFileSync(file, "after!");
    utimesSync(file, atime, mtime);
    expect((await backUp(source, context, { parent })).text("a")).toBe("after!");
  });

  test("takes a new mode or mtime along, with the same content", async () => {
    const [a, b] = [write("a"), write("b")];
    await settle(a, b);
    const parent = await backUp(source, context);
    chmodSync(a, 0o600);
    lutimesSync(b, 5, 6);
    const copy = await backUp(source, context, { parent });
    expect(copy.entry("a")).toMatchObject({ mode: 0o600, content: parent.entry("a").content });
    expect(copy.entry("b")).toMatchObject({
      mtime: 6_000_000_000n,
      content: parent.entry("b").content,
    });
  });

  test("reads again what the place no longer keeps", async () => {
    await settle(write("a"));
    const parent = await backUp(source, context);
    parent.contents.clear();
    expect((await backUp(source, context, { parent })).text("a")).toBe("a");
  });

  test("reads everything where the setting asks for it", async () => {
    await settle(write("a"), write("b"));
    const parent = await backUp(source, context);
    const copy = await backUp(source, context, { parent, settings: { read: "all" } });
    expect(copy.stores).toBe(2);
  });

  test("keeps extended attributes of what did not change, and gets those that its parent lacks", async (task) => {
    const file = write("a");
    const { status, stderr } = await runProgram("setfattr", ["-n", "user.x", "-v", "1", file]);
    if (status !== 0) skip(task, `setfattr does not work here: ${stderr}`);
    await settle(file);
    const bare = await runContext(join(source, ".."), { env: { LASTGOOD_TAR: "no-such-tar" } });
    const first = await backUp(source, bare);
    const second = await backUp(source, context, { parent: first });
    const third = await backUp(source, context, { parent: second });
    expect(first.entry("a").xattrs).toBeUndefined();
    expect(second.entry("a").xattrs).toEqual({ "user.x": "MQ==" });
    expect(third.entry("a").xattrs).toEqual({ "user.x": "MQ==" });
    expect(third.stores).toBe(0);
  });

  test("of a folder that lost more than half of its entries is refused, unless that is allowed", async () => {
    for (let number = 0; number < 20; number += 1) write(`file ${number}`);
    const parent = await backUp(source, context);
    for (let number = 0; number < 11; number += 1) rmSync(join(source, `file ${number}`));
    const refused = { code: "USAGE", hint: expect.stringContaining("allow_shrink=true") };
    await expect(backUp(source, context, { parent })).rejects.toMatchObject(refused);
    const settings = { allow_shrink: "true" };
    expect((await backUp(source, context, { parent, settings })).list).toHaveLength(10);
  });

  test("of a folder that is empty now is refused, however few there were", async () => {
    const file = write("a");
    const parent = await backUp(source, context);
    rmSync(file);
    await expect(backUp(source, context, { parent })).rejects.toMatchObject({ code: "USAGE" });
  });
});
