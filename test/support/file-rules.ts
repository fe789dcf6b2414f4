import type { SqlFile } from "../../src/sql-files.ts";

/** A house rule that the text of a file under sql/ can answer for. */
export interface FileRule {
  readonly name: string;
  /** What breaks the rule in this file, one text each. */
  defects(file: SqlFile): string[];
  /** A file that breaks it. */
  readonly broken: SqlFile;
}

const maxColumns = 100;
const maxBodyLines = 80;
const maxFileLines = 120;
const maxHeaderLines = 6;

/** One statement or list that cannot be taken apart, or frozen data definitions; each with its own limit. */
const longFiles: Readonly<Record<string, number>> = {
  "code.sql": 300,
  "migrations/001_awareness.sql": 150,
  "migrations/002_catalogue.sql": 235,
  "migrations/004_calendar.sql": 210,
  "views/backup_status.sql": 205,
};

/** Recording must not fail its caller, one broken row no other: these alone may swallow an error. */
const swallowers = new Set([
  "functions/plan_schedule.sql",
  "functions/reap_backup.sql",
  "functions/reap_execution.sql",
  "functions/record_event.sql",
  "functions/rescue_event.sql",
]);

/** The SQL without comments, strings and quoted names, line by line as it was. */
export function codeOf(text: string): string {
  return text.replaceAll(/--[^\n]*|'(?:[^']|'')*'|"[^"]*"/g, (found) =>
    found.replaceAll(/[^\n]/g, " "),
  );
}

function linesWith(text: string, pattern: RegExp): string[] {
  return text
    .split("\n")
    .flatMap((line, index) => (pattern.test(line) ? [`${index + 1}: ${line.trim()}`] : []));
}

function bodies(text: string): string[] {
  return [...text.matchAll(/(?:as \$\$|begin atomic)\n(.*?)\n(?:\$\$|end);/gs)].map(
    ([, body]) => body ?? "",
  );
}

function countLines(text: string): number {
  return text.replace(/\n$/, "").split("\n").length;
}

const lineRules: readonly FileRule[] = [
  {
    name: `lines have at most ${maxColumns} columns`,
    defects: ({ text }) => linesWith(text, new RegExp(`^.{${maxColumns + 1}}`, "u")),
    broken: { path: "views/bad.sql", text: `-- ${"x".repeat(98)}\n` },
  },
  {
    name: "lines end in one line feed, without tabs or blanks before it",
    defects: ({ text }) => [
      ...linesWith(text, /[\t\r]|\s$/),
      ...(text.endsWith("\n") && !text.endsWith("\n\n") ? [] : ["the last line"]),
    ],
    broken: { path: "views/bad.sql", text: "select\t1;\n" },
  },
  {
    name: "keywords and names are in lower case",
    defects: ({ text }) => linesWith(codeOf(text), /[A-Z]/),
    broken: { path: "views/bad.sql", text: "SELECT 'A';\n" },
  },
];

const sizeRules: readonly FileRule[] = [
  {
    name: `files have at most ${maxFileLines} lines`,
    defects: ({ path, text }) =>
      countLines(text) > (longFiles[path] ?? maxFileLines) ? [`${countLines(text)} lines`] : [],
    broken: { path: "views/bad.sql", text: "select 1;\n".repeat(121) },
  },
  {
    name: `bodies have at most ${maxBodyLines} lines`,
    defects: ({ text }) =>
      bodies(text)
        .filter((body) => countLines(body) > maxBodyLines)
        .map((body) => `${countLines(body)} lines`),
    broken: {
      path: "functions/bad.sql",
      text: `create function lastgood.bad()\nas $$\n${"null;\n".repeat(81)}$$;\n`,
    },
  },
  {
    name: `a header has at most ${maxHeaderLines} lines`,
    defects: ({ text }) => {
      const header = /^(?:--.*\n)*/.exec(text)?.[0] ?? "";
      return header.split("\n").length - 1 > maxHeaderLines ? [header] : [];
    },
    broken: { path: "functions/bad.sql", text: "-- why\n".repeat(7) },
  },
];

const codeRules: readonly FileRule[] = [
  {
    name: "time comes from the clock alone",
    // bootstrap.sql makes lastgood.migrations as its library does.
    defects: ({ path, text }) =>
      path === "functions/clock.sql" || path === "bootstrap.sql"
        ? []
        : linesWith(
            codeOf(text),
            /\bnow\s*\(|\b(?:current_(?:timestamp|date|time)|localtime(?:stamp)?)\b|\b(?:statement|transaction)_timestamp\b/,
          ),
    broken: { path: "views/bad.sql", text: "select now();\n" },
  },
  {
    name: "columns are listed, never *",
    defects: ({ text }) => linesWith(codeOf(text), /\bselect\s+(?:distinct\s+)?\*|\.\*|^\s*\*\s*$/),
    broken: { path: "views/bad.sql", text: "select s.* from lastgood.system as s;\n" },
  },
  {
    name: "a migration replaces nothing and holds no code",
    defects: ({ path, text }) =>
      path.startsWith("migrations/")
        ? linesWith(
            codeOf(text),
            // A function whose parameters change has to go before the code layer makes the new one.
            /^(?!drop function if exists ).*(?:\bor replace\b|\b(?:function|procedure|trigger|view)\b|\b(?<!schema )if (?:not )?exists\b)/,
          )
        : [],
    broken: {
      path: "migrations/009_bad.sql",
      text: "create table if not exists lastgood.bad (n integer);\n",
    },
  },
  {
    name: "grants stand in grants.sql alone",
    defects: ({ path, text }) =>
      path === "grants.sql" ? [] : linesWith(codeOf(text), /^\s*(?:grant|revoke)\s/),
    broken: { path: "views/bad.sql", text: "grant select on lastgood.bad to public;\n" },
  },
  {
    name: "only recording and planning swallow errors",
    defects: ({ path, text }) =>
      swallowers.has(path) ? [] : linesWith(codeOf(text), /\bwhen others\b/),
    broken: { path: "functions/bad.sql", text: "exception when others then null;\n" },
  },
  {
    // Of 15.18 and 15.20 only one writes "as": a bound body would differ from its fingerprint.
    name: "bound bodies change tables without an alias",
    defects: ({ text }) =>
      text.includes("begin atomic")
        ? linesWith(codeOf(text), /\b(?:update|insert into|delete from) lastgood\.\w+ as\b/)
        : [],
    broken: {
      path: "functions/bad.sql",
      text: "begin atomic\n  update lastgood.system as s set fqdn = '';\nend;\n",
    },
  },
  {
    name: "statements are not glued together",
    defects: ({ text }) => linesWith(codeOf(text), /\bexecute\b(?! on| function).*\|\|/),
    broken: { path: "functions/bad.sql", text: "execute 'drop table ' || v_name;\n" },
  },
];

export const fileRules: readonly FileRule[] = [...lineRules, ...sizeRules, ...codeRules];
