import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../support/folder.ts";
import { backUp, runContext } from "./support.ts";

test("a place that keeps backups is left out of a folder around it, which is said", async () => {
  const folder = await temporaryFolder();
  const source = join(folder, "source");
  mkdirSync(join(source, "vault", "packs"), { recursive: true });
  writeFileSync(join(source, "vault", "lastgood-provider.json"), "{}");
  writeFileSync(join(source, "vault", "packs", "a.pack"), "bytes of a backup");
  writeFileSync(join(source, "notes"), "notes");
  const context = await runContext(folder);
  const copy = await backUp(source, context);
  expect(copy.paths()).toEqual([".", "notes", "vault"]);
  expect(context.warnings).toContainEqual(expect.stringContaining("vault keeps backups"));
});
