import { readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { lastgood } from "../support/cli.ts";
import { runBin } from "../support/bin.ts";
import { runProgram } from "../support/programs.ts";
import { codeSpans, fencedBlocks, pages, prose, readPage, root } from "./support.ts";

/** Commands by their names, such as `system add`, with the options that their help shows. */
const commands = new Map<string, ReadonlySet<string>>();
const otherPrograms = new Map<string, ReadonlySet<string>>();

function optionsIn(help: string): Set<string> {
  return new Set(help.match(/(?<![\w-])--?[a-z][a-z-]*/g));
}

function subcommandsIn(help: string): string[] {
  const list = /^Commands:\n((?: .*\n)+)/m.exec(help)?.[1] ?? "";
  return [...list.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name ?? "");
}

async function learn(path: readonly string[]): Promise<void> {
  const { output } = await lastgood({}, ...path, "--help");
  commands.set(path.join(" "), optionsIn(output));
  if (path.length === 0 || path.length === 1) {
    for (const name of subcommandsIn(output)) {
      if (name !== "help") await learn([...path, name]);
    }
  }
}

beforeAll(async () => {
  await learn([]);
  const script = await runProgram("sh", [join(root, "bin/log-backup-event.sh"), "--help"]);
  otherPrograms.set("log-backup-event.sh", optionsIn(script.stdout));
  const config = await runBin("engine-config.js", ["--help"]);
  otherPrograms.set("engine-config", optionsIn(config.stdout));
});

/** What is wrong with a text that starts with the name of a program of ours. */
function defects(call: string): string[] {
  const [program = "", ...rest] = call.split(/\s+/);
  const end = rest.findIndex((word) => /^(?:--|[|;&>].*)$/.test(word));
  const words = (end < 0 ? rest : rest.slice(0, end)).map((word) =>
    word.replace(/^\[|[\],.;:)]+$/g, ""),
  );
  const options = words.flatMap((word) => /^--?[a-zA-Z][a-z-]*(?==|$)/.exec(word) ?? []);
  const known = otherPrograms.get(program.replace(/^lastgood-/, ""));
  if (known) return options.filter((option) => !known.has(option));
  const [first = "", second = ""] = words;
  const name = commands.has(`${first} ${second}`) ? `${first} ${second}` : first;
  const found = commands.get(name.startsWith("-") ? "" : name);
  return found ? options.filter((option) => !found.has(option)) : [`the command "${name}"`];
}

const programNames = /(?<![\w./-])(?:lastgood(?:-engine-config)?|log-backup-event\.sh) [a-z-].*/;

function calls(path: string): string[] {
  const text = readPage(path);
  const isPage = path.endsWith(".md");
  const lines = isPage
    ? fencedBlocks(text).join("").split("\n")
    : text.split("\n").filter((line) => !/^\s*(?:#|--)/.test(line) && !path.endsWith(".yml"));
  const spans = codeSpans(isPage ? prose(text) : text);
  return [...lines, ...spans]
    .map((line) => line.replaceAll(/"[^"]*"|\/usr\/local\/bin\//g, ""))
    .flatMap((line) => programNames.exec(line)?.[0] ?? []);
}

const examples = readdirSync(join(root, "examples"), { withFileTypes: true })
  .filter((each) => each.isFile())
  .map(({ name }) => `examples/${name}`);
const files = [...pages(), ...examples];

describe("every command and option that is named exists", () => {
  test.each([...new Set(files)])("in %s", (path) => {
    expect(calls(path).flatMap((call) => defects(call).map((what) => `${call}: ${what}`))).toEqual(
      [],
    );
  });

  test("also an option that stands alone", () => {
    const known = new Set(
      [...commands.values(), ...otherPrograms.values()].flatMap((set) => [...set]),
    );
    for (const path of ["docs/scripting.md", "docs/errors.md", "examples/engine-backup.md"]) {
      const alone = codeSpans(prose(readPage(path))).filter((span) => span.startsWith("--"));
      const unknown = alone.filter((span) => !known.has(span.split(/[ =]/)[0] ?? ""));
      expect(unknown).toEqual([]);
    }
  });

  test("one that does not exist is found", () => {
    expect(commands.size).toBeGreaterThan(20);
    expect(calls("docs/scripting.md").length).toBeGreaterThan(20);
    expect(defects("lastgood chek --fqdn x")).toEqual(['the command "chek"']);
    expect(defects("lastgood check --fqnd x")).toEqual(["--fqnd"]);
    expect(defects("lastgood exec --scope db -- pg_dump --format=custom")).toEqual([]);
    expect(defects("log-backup-event.sh --sope db")).toEqual(["--sope"]);
  });
});
