import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ZodObject, ZodType } from "zod";
import { findCommand } from "../../src/commands-file.ts";
import { findSourceType, sourceTypes } from "../../src/sources/registry.ts";
import { temporaryFolder } from "../support/folder.ts";
import { fencedBlocks, names, readPage, tableBelow } from "./support.ts";

const page = readPage("docs/sources.md");

test("docs/sources.md lists the types, and which of them can increment", async () => {
  const listed = tableBelow(page, "# Sources").map(([name = "", , incremental]) => [
    name.replaceAll("`", ""),
    incremental,
  ]);
  const types = await Promise.all(sourceTypes.map(findSourceType));
  expect(listed).toEqual(
    types.map(({ type, canIncrement }) => [type, canIncrement ? "yes" : "no"]),
  );
});

test.each(sourceTypes)(
  "it lists the settings of %s, with what they are without being set",
  async (name) => {
    const { settings } = await findSourceType(name);
    const { shape } = settings as unknown as ZodObject<Record<string, ZodType>>;
    const table = tableBelow(page, `## ${name}`);
    expect(names(table)).toEqual(Object.keys(shape));
    const shown = table.map(([, , value = ""]) => value);
    const defaults = Object.values(shape).map(defaultOf);
    // In words where the page says more than a value can.
    expect(shown).toEqual(defaults.map((value, index) => value ?? shown[index]));
  },
);

/** What a setting is that is not set, as the page says it; undefined where that is no value. */
function defaultOf(schema: ZodType): string | undefined {
  const { success, data } = schema.safeParse(undefined);
  if (!success) return "";
  if (data === undefined) return undefined;
  return Array.isArray(data) ? "none" : `${data as string | number | boolean}`;
}

test("its commands file is one", async () => {
  const path = join(await temporaryFolder(), "commands.json");
  const [text = ""] = fencedBlocks(page, "json");
  await writeFile(path, text);
  const { commands } = JSON.parse(text) as { commands: object };
  for (const name of Object.keys(commands)) {
    await expect(findCommand(name, { LASTGOOD_COMMANDS_FILE: path })).resolves.toBeDefined();
  }
});
