import { chmod, chown, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findCommand } from "../src/commands-file.ts";
import { temporaryFolder } from "./support/folder.ts";
import { skip } from "./support/skip.ts";

const good = {
  commands: {
    shop: {
      backup: ["/usr/bin/mysqldump", "--single-transaction", "shop"],
      restore: ["mysql", "shop"],
      output: "stdout",
    },
    repo: { backup: ["/opt/repo/backup.sh", "{path}"], output: "path" },
  },
};

interface Written {
  readonly path: string;
  readonly folder: string;
  readonly env: { readonly LASTGOOD_COMMANDS_FILE: string };
}

async function commandsFile(content: unknown): Promise<Written> {
  const folder = join(await temporaryFolder(), "lastgood");
  await mkdir(folder, { mode: 0o755 });
  const path = join(folder, "commands.json");
  const text = typeof content === "string" ? content : JSON.stringify(content);
  await writeFile(path, text, { mode: 0o644 });
  return { path, folder, env: { LASTGOOD_COMMANDS_FILE: path } };
}

test("a command is found by its name", async () => {
  const { env } = await commandsFile(good);
  expect(await findCommand("shop", env)).toEqual({
    program: "/usr/bin/mysqldump",
    args: ["--single-transaction", "shop"],
    mode: "stdout",
    restore: { program: "mysql", args: ["shop"] },
  });
  expect(await findCommand("repo", env)).toEqual({
    program: "/opt/repo/backup.sh",
    args: ["{path}"],
    mode: "path",
  });
});

test.each(["other", "toString", "__proto__", ""])("there is no command %j", async (name) => {
  const { env } = await commandsFile(good);
  await expect(findCommand(name, env)).rejects.toMatchObject({
    code: "NOT_FOUND",
    hint: "It has repo, shop.",
  });
});

const command = good.commands.shop;
test.each([
  { name: "no JSON", content: "{", says: /is not JSON/ },
  { name: "no commands", content: {}, says: /"commands"/ },
  { name: "another key", content: { ...good, extra: 1 }, says: /"extra" is not known/ },
  { name: "a list", content: [], says: /the whole/ },
  {
    name: "an unknown key of a command",
    content: { commands: { shop: { ...command, shell: true } } },
    says: /"shell" is not known in "commands.shop"/,
  },
  {
    name: "no program",
    content: { commands: { shop: { ...command, backup: [] } } },
    says: /"commands.shop.backup/,
  },
  {
    name: "a line for a shell",
    content: { commands: { shop: { ...command, backup: "mysqldump shop" } } },
    says: /"commands.shop.backup"/,
  },
  {
    name: "a program that depends on where we are",
    content: { commands: { shop: { ...command, backup: ["./dump"] } } },
    says: /"commands.shop.backup.0": must be an absolute path/,
  },
  {
    name: "an argument that is none",
    content: { commands: { shop: { ...command, backup: ["a", 1] } } },
    says: /"commands.shop.backup.1"/,
  },
  {
    name: "an argument with a NUL",
    content: { commands: { shop: { ...command, restore: ["a", "b\0c"] } } },
    says: /"commands.shop.restore.1"/,
  },
  {
    name: "another output",
    content: { commands: { shop: { ...command, output: "file" } } },
    says: /"commands.shop.output"/,
  },
  {
    name: "a name with a slash",
    content: { commands: { "a/b": command } },
    says: /"commands.a\/b": must have letters/,
  },
])("refused, naming the key: $name", async ({ content, says }) => {
  const { env } = await commandsFile(content);
  await expect(findCommand("shop", env)).rejects.toMatchObject({
    code: "USAGE",
    message: expect.stringMatching(says),
    hint: expect.stringContaining('"backup"'),
  });
});

test.each([0o664, 0o646, 0o622])("a file with mode %o is refused", async (mode) => {
  const { env, path } = await commandsFile(good);
  await chmod(path, mode);
  await expect(findCommand("shop", env)).rejects.toMatchObject({
    code: "USAGE",
    message: `${path} can be written to by others`,
  });
});

test.each([0o775, 0o757, 0o1777])("a folder with mode %o is refused", async (mode) => {
  const { env, folder } = await commandsFile(good);
  await chmod(folder, mode);
  await expect(findCommand("shop", env)).rejects.toMatchObject({
    code: "USAGE",
    message: `${folder} can be written to by others`,
  });
});

test("a link is judged by where it leads", async () => {
  const { path, folder } = await commandsFile(good);
  const link = join(await temporaryFolder(), "link.json");
  await symlink(path, link);
  const env = { LASTGOOD_COMMANDS_FILE: link };
  expect(await findCommand("repo", env)).toMatchObject({ mode: "path" });
  await chmod(folder, 0o777);
  await expect(findCommand("repo", env)).rejects.toMatchObject({ code: "USAGE" });
});

test.for(["file", "folder"] as const)("another user's %s is refused", async (which, context) => {
  if (process.geteuid?.() !== 0) skip(context, "only root can give a file away");
  const written = await commandsFile(good);
  const path = which === "file" ? written.path : written.folder;
  await chown(path, 65_534, 65_534);
  await expect(findCommand("shop", written.env)).rejects.toMatchObject({
    code: "USAGE",
    message: `${path} belongs to another user, with id 65534`,
  });
});

test("a file that is not there is said, with what belongs into it", async () => {
  const path = join(await temporaryFolder(), "commands.json");
  await expect(findCommand("shop", { LASTGOOD_COMMANDS_FILE: path })).rejects.toMatchObject({
    code: "USAGE",
    message: `the commands file ${path} is not there`,
    hint: expect.stringContaining("LASTGOOD_COMMANDS_FILE"),
  });
});
