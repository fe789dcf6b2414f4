import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findCommand } from "../../src/commands-file.ts";
import { findProviderType, providerTypes } from "../../src/providers/registry.ts";
import { settingsOf } from "../../src/settings.ts";
import { fencedBlocks, names, readPage, tableBelow } from "../docs/support.ts";
import { temporaryFolder } from "../support/folder.ts";

const page = readPage("docs/providers.md");

test("docs/providers.md lists the types that people see, with their layouts", async () => {
  const types = await providerTypes({});
  const table = tableBelow(page, "# Providers");
  expect(names(table).toSorted()).toEqual(types.map(({ type }) => type).toSorted());
  for (const { type, capabilities } of types) {
    const row = table.find(([cell]) => cell === `\`${type}\``);
    expect(row?.[2]).toBe(capabilities.layouts.map((layout) => `\`${layout}\``).join(", "));
  }
});

test.each(["local-fs", "s3", "swift", "postgres", "msd", "debug"])(
  "it lists the settings of %s",
  async (type) => {
    const known = settingsOf(await findProviderType(type)).map(({ key }) => key);
    expect(names(tableBelow(page, `## ${type}`)).toSorted()).toEqual(known.toSorted());
  },
);

test("its commands file is one", async () => {
  const path = join(await temporaryFolder(), "commands.json");
  const [text = ""] = fencedBlocks(page, "json");
  await writeFile(path, text);
  const env = { LASTGOOD_COMMANDS_FILE: path };
  expect(await findCommand("shop", env)).toMatchObject({ mode: "stdout", restore: {} });
  expect(await findCommand("repo", env)).toMatchObject({ mode: "path" });
});
