import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { CopyReader } from "../../../src/layouts/layout.ts";
import { commandSource } from "../../../src/sources/command/index.ts";
import { parseSettings } from "../../../src/settings.ts";
import type { Picked, RestoreReport } from "../../../src/sources/source.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { memoryCopy, testContext, type MemoryCopy, type TestContext } from "../support.ts";

interface Commands {
  readonly backup: readonly string[];
  readonly restore?: readonly string[];
  readonly output?: "stdout" | "path";
}

/** A context whose commands file has one command, `mail`. */
async function contextWith(
  command: Commands,
  env: Record<string, string> = {},
): Promise<TestContext> {
  const file = join(await temporaryFolder(), "commands.json");
  await writeFile(file, JSON.stringify({ commands: { mail: { output: "stdout", ...command } } }), {
    mode: 0o600,
  });
  return await testContext({ LASTGOOD_COMMANDS_FILE: file, ...env });
}

function shell(script: string): readonly string[] {
  return ["/bin/sh", "-c", script, "sh"];
}

async function backUp(context: TestContext): Promise<{
  copy: MemoryCopy;
  reader: CopyReader;
  items: readonly unknown[];
  missing: readonly unknown[];
}> {
  const copy = memoryCopy("command");
  const body = await commandSource.backUp({
    settings: { command: "mail" },
    sink: copy.sink,
    excludeTables: [],
    context,
  });
  return { copy, reader: copy.reader(body), items: body.items, missing: body.missing };
}

async function restore(
  reader: CopyReader,
  target: string,
  context: TestContext,
  more: { dryRun?: boolean; picked?: Picked } = {},
): Promise<RestoreReport> {
  return await commandSource.restore({
    reader,
    picked: more.picked ?? { items: [] },
    target,
    replace: false,
    dryRun: more.dryRun ?? false,
    options: {},
    context,
  });
}

describe("a command that writes to its stdout", () => {
  test("is kept as one stream", async () => {
    const { copy, items } = await backUp(
      await contextWith({ backup: shell("head -c 300000 /dev/zero") }),
    );
    expect(copy.entries.map(({ path, content }) => [path, content?.size])).toEqual([
      ["mail.backup", 300_000],
    ]);
    expect(items).toEqual([
      expect.objectContaining({ kind: "stream", name: "mail", sizeBytes: 300_000 }),
    ]);
  });

  test("fails when it does, with its last words, whatever it has written", async () => {
    const context = await contextWith({
      backup: shell("echo data; echo 'disk on fire' >&2; exit 7"),
    });
    await expect(backUp(context)).rejects.toMatchObject({
      code: "PROGRAM",
      message: "sh ended with status 7: disk on fire",
    });
  });

  test("fails when it writes nothing", async () => {
    const context = await contextWith({ backup: ["/bin/true"] });
    await expect(backUp(context)).rejects.toThrow("wrote nothing");
  });

  test("sees neither our secrets nor our database", async () => {
    const { copy } = await backUp(
      await contextWith(
        { backup: ["/usr/bin/env"] },
        {
          LASTGOOD_SECRET_X: "hush",
          PGPASSWORD: "hush",
          DATABASE_URL: "hush",
          HOME: "/home/me",
        },
      ),
    );
    const text = copy.text("mail.backup");
    expect(text).not.toContain("hush");
    expect(text).toContain("HOME=/home/me");
    expect(text).toContain("LASTGOOD_RUN=lastgood test");
  });

  test("ends with the run", async () => {
    const context = await contextWith({ backup: shell("echo data; exec sleep 1000") });
    const backup = backUp(context);
    setImmediate(() => context.abort());
    await expect(backup).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("a command that writes to a path", () => {
  test("may leave a file", async () => {
    const command = { backup: shell(`echo data > "$LASTGOOD_OUTPUT"`), output: "path" } as const;
    const { copy } = await backUp(await contextWith(command));
    expect(copy.text("mail.backup")).toBe("data\n");
  });

  test("may leave a folder, of which what is no file is missing", async () => {
    const script = `mkdir -p "$1/deep/er" && echo a > "$1/a" && echo b > "$1/deep/er/b" && ln -s a "$1/link"`;
    const command = { backup: [...shell(script), "{path}"], output: "path" } as const;
    const { copy, missing } = await backUp(await contextWith(command));
    expect(copy.entries.map(({ path }) => path)).toEqual([
      "mail.backup",
      "mail.backup/a",
      "mail.backup/deep",
      "mail.backup/deep/er",
      "mail.backup/deep/er/b",
    ]);
    expect(missing).toEqual([
      { path: "mail.backup/link", reason: "it is neither a file nor a folder" },
    ]);
  });

  test("fails when nothing is there afterwards", async () => {
    await expect(
      backUp(await contextWith({ backup: ["/bin/true"], output: "path" })),
    ).rejects.toThrow("wrote nothing");
  });
});

describe("what a command wrote is restored", () => {
  const tree = {
    backup: shell(
      `mkdir "$LASTGOOD_OUTPUT" && echo a > "$LASTGOOD_OUTPUT/a" && echo b > "$LASTGOOD_OUTPUT/b"`,
    ),
    output: "path",
  } as const;

  test("to a new folder", async () => {
    const context = await contextWith(tree);
    const { reader } = await backUp(context);
    const target = join(await temporaryFolder(), "new");
    const dry = await restore(reader, target, context, { dryRun: true });
    expect(dry.actions).toEqual([`write ${target}/mail.backup/a`, `write ${target}/mail.backup/b`]);
    await expect(stat(target)).rejects.toMatchObject({ code: "ENOENT" });
    const report = await restore(reader, target, context);
    expect(report.bytes).toBe(4);
    expect(await readFile(join(target, "mail.backup", "b"), "utf8")).toBe("b\n");
  });

  test("in part", async () => {
    const context = await contextWith(tree);
    const { reader } = await backUp(context);
    const target = await temporaryFolder();
    await restore(reader, target, context, { picked: { items: [], paths: ["mail.backup/b"] } });
    expect(await readdir(join(target, "mail.backup"))).toEqual(["b"]);
  });

  test("never into a folder that has something in it", async () => {
    const context = await contextWith(tree);
    const { reader } = await backUp(context);
    const target = await temporaryFolder();
    await mkdir(join(target, "mine"));
    await expect(restore(reader, target, context)).rejects.toMatchObject({ code: "USAGE" });
    expect(await readdir(target)).toEqual(["mine"]);
  });

  test("without a trace where it is corrupt", async () => {
    const context = await contextWith(tree);
    const { reader, copy } = await backUp(context);
    for (const [sha256, bytes] of copy.contents) {
      if (bytes.toString() === "b\n") copy.contents.set(sha256, Buffer.from("c\n"));
    }
    const target = join(await temporaryFolder(), "new");
    await expect(restore(reader, target, context)).rejects.toThrow("corrupt");
    await expect(stat(target)).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("never to a place that its path leads to", async () => {
    const context = await contextWith(tree);
    const { reader, copy } = await backUp(context);
    const [first] = copy.entries;
    const hostile = {
      ...reader,
      async *entries() {
        if (first !== undefined) yield { ...first, path: "../outside" };
      },
    };
    const target = join(await temporaryFolder(), "new");
    await expect(restore(hostile, target, context)).rejects.toThrow("leads elsewhere");
  });

  test("by the command that restores, from its stdin", async () => {
    const output = join(await temporaryFolder(), "restored");
    const context = await contextWith({
      backup: shell("head -c 3000000 /dev/urandom"),
      restore: [...shell(`cat > "$1"`), output],
    });
    const { reader, copy } = await backUp(context);
    await restore(reader, "command:", context);
    expect((await readFile(output)).equals([...copy.contents.values()][0] ?? Buffer.alloc(0))).toBe(
      true,
    );
  });

  test("by the command that restores, from a path", async () => {
    const output = join(await temporaryFolder(), "restored");
    const context = await contextWith({
      ...tree,
      restore: [...shell(`cp -r "$2" "$1"`), output, "{path}"],
    });
    const { reader } = await backUp(context);
    await restore(reader, "command:", context);
    expect(await readFile(join(output, "a"), "utf8")).toBe("a\n");
  });

  test("not well when the command fails, or reads only a part", async () => {
    const backup = shell("head -c 3000000 /dev/zero");
    const failing = await contextWith({ backup, restore: shell("cat > /dev/null; exit 4") });
    const { reader } = await backUp(failing);
    await expect(restore(reader, "command:", failing)).rejects.toThrow("status 4");
    const partial = await contextWith({ backup, restore: shell("head -c 10 > /dev/null") });
    await expect(restore(reader, "command:", partial)).rejects.toThrow("before it had read all");
  });
});

test("settings name a command, never a program", () => {
  expect(() => parseSettings(commandSource, { command: "/bin/sh" })).toThrow('setting "command"');
  expect(() => parseSettings(commandSource, {})).toThrow('setting "command" is missing');
  expect(() => parseSettings(commandSource, { command: "mail", shell: "x" })).toThrow(
    'there is no setting "shell"',
  );
});
