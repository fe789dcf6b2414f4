import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { proofLevels } from "../../src/backup/verify.ts";
import { lastgood } from "../support/cli.ts";
import { readInventory } from "../../src/sources/ovf/restore/inventory.ts";
import { temporaryFolder } from "../support/folder.ts";
import { codeSpans, fencedBlocks, names, readPage, tableBelow } from "./support.ts";

const page = readPage("docs/backups.md");

test("docs/backups.md lists the levels of verification with the proof that they give", () => {
  const listed = tableBelow(page, "## Verify").flatMap(([level = "", proof]) =>
    codeSpans(level).map((name) => [name, Number(proof)]),
  );
  expect(Object.fromEntries(listed)).toEqual(proofLevels);
});

test("it lists the states that backup list takes", async () => {
  const { output } = await lastgood({}, "backup", "list", "--help");
  const states = names(tableBelow(page, "## What COMPLETE means"));
  const choices = /--state[^(]*\(choices: ([^)]*)\)/s.exec(output)?.[1] ?? "";
  expect(states.toSorted()).toEqual((choices.match(/[A-Z_]+/g) ?? []).toSorted());
});

test("its inventory is one, and says what each of its lists is", async () => {
  const path = join(await temporaryFolder(), "there.json");
  const [text = ""] = fencedBlocks(page, "json");
  await writeFile(path, text);
  const { machines, disks, networks, macs } = await readInventory(path);
  expect([machines?.size, disks?.size, networks?.size, macs?.size]).toEqual([1, 1, 1, 1]);
});
