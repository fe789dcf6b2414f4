import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseDocument } from "../../src/sources/ovf/document.ts";

const folder = fileURLToPath(new URL("../../examples/machines", import.meta.url));

test.each(readdirSync(folder))("%s is a document of oVirt's, called as its machine", (name) => {
  const found = parseDocument(readFileSync(join(folder, name)));
  expect(found).toMatchObject({ kind: "vm", name: name.replace(/\.ovf$/, "") });
});
