import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LastgoodError } from "../../src/errors.ts";
import { LeaseLostError } from "../../src/backup/lease.ts";
import * as errors from "../../src/errors.ts";
import * as layoutErrors from "../../src/layouts/errors.ts";
import { PlaceError } from "../../src/providers/provider.ts";
import { lastgood } from "../support/cli.ts";
import { readCodeFiles } from "../../src/sql-files.ts";
import { codeSpans, names, readPage, root, tableBelow } from "./support.ts";

const page = readPage("docs/errors.md");

test("docs/errors.md lists the codes that SQL raises, and no others", () => {
  const raised = readCodeFiles().flatMap(({ text }) => text.match(/\bLG\d{3}(?=')/g) ?? []);
  const listed = names(tableBelow(page, "## Raised by SQL"));
  expect(listed).toEqual([...new Set(raised)].toSorted());
});

test("every class of errors is one that the test below knows", () => {
  const defined = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) =>
      [
        ...readFileSync(join(root, "src", name), "utf8").matchAll(
          /^export class (\w+) extends LastgoodError/gm,
        ),
      ].map(([, found]) => found),
    );
  expect(new Set(defined)).toEqual(new Set(classes().map(({ name }) => name)));
});

function classes(): (new (...args: string[]) => LastgoodError)[] {
  const exported = { ...errors, ...layoutErrors, PlaceError, LeaseLostError };
  return Object.values(exported as Record<string, unknown>).flatMap((each) =>
    typeof each === "function" && each.prototype instanceof LastgoodError && each !== LastgoodError
      ? [each as new (...args: string[]) => LastgoodError]
      : [],
  );
}

test("it lists the classes of errors with their codes, and FAILED for the rest", () => {
  const raised = classes().map((made) => [new made("", "").code, made.name] as const);
  const listed = tableBelow(page, "## Raised by the programs").map(([code = "", name = ""]) => [
    ...codeSpans(code),
    ...codeSpans(name),
  ]);
  expect(new Map(listed.map(([code = "", name]) => [code, name]))).toEqual(
    new Map<string, unknown>([...raised, ["FAILED", undefined]]),
  );
});

test("sql/README.md and the functions' headers name the same codes", () => {
  const listed = names(tableBelow(page, "## Raised by SQL"));
  const mapped = readPage("sql/README.md").match(/LG\d{3}/g) ?? [];
  expect([...new Set(mapped)].toSorted()).toEqual(listed);
});

test("an error is one document on stdout, as the page says", async () => {
  const { output } = await lastgood({ LASTGOOD_HOME: "/nowhere" }, "status", "--json");
  const document = JSON.parse(output) as { error: Record<string, unknown> };
  expect(Object.keys(document)).toEqual(["error"]);
  expect(Object.keys(document.error)).toEqual(["code", "message", "hint"]);
  expect(document.error["code"]).toBe("USAGE");
});
