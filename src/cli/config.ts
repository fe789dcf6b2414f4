import { type Command, Option } from "commander";
import { ConfigValues } from "../admin/config-values.ts";
import { BackupConfigDao, type BackupConfig } from "../dao/backup-config.ts";
import type { Queryable } from "../dao/queryable.ts";
import { withDatabase } from "../database.ts";
import { isDatabaseError, NotFoundError } from "../errors.ts";
import { type Io, print } from "../io.ts";
import {
  type CommonOptions,
  databaseCommand,
  plainCommand,
  resultCommand,
  printResult,
  wantsJson,
} from "./command.ts";
import { renderTable } from "../format.ts";
import { unknownKeyHint } from "./unknown-key.ts";

export function configCommand(io: Io): Command {
  return plainCommand("config", "Show and change the configuration.")
    .addCommand(listCommand(io))
    .addCommand(getCommand(io))
    .addCommand(setCommand(io))
    .addCommand(resetCommand(io));
}

type ListOptions = CommonOptions & { readonly output?: "human" | "json" | "markdown" };

function listCommand(io: Io): Command {
  return databaseCommand("list", "List every key with its value and what it is for.")
    .option("--json", "print one JSON document")
    .addOption(
      new Option("--output <format>", "how to print").choices(["human", "json", "markdown"]),
    )
    .action(async (options: ListOptions) => {
      const keys = await withDatabase(io, options, (client) =>
        new BackupConfigDao(client).getKeys(),
      );
      if (wantsJson(options)) {
        print(io, JSON.stringify(keys, null, 2));
      } else {
        print(io, options.output === "markdown" ? renderMarkdown(keys) : renderKeys(keys));
      }
    });
}

function getCommand(io: Io): Command {
  return resultCommand("get", "Print the value of a key.")
    .argument("<key>", "such as BackupAlertPeriodInDays")
    .action(async (name: string, options: CommonOptions) => {
      const key = await withDatabase(io, options, async (client) => {
        const [found] = await new BackupConfigDao(client).getKeys(name);
        return found ?? (await throwUnknownKey(client, name));
      });
      printResult(io, options, key, () => key.value);
    });
}

function setCommand(io: Io): Command {
  return resultCommand("set", "Change the value of a key, at once; prints it as it is stored.")
    .argument("<key>", "such as BackupAlertPeriodInDays")
    .argument("<value>", "the new value; an empty one is ''")
    .action(async (name: string, value: string, options: CommonOptions) => {
      await change(io, name, options, (values) => values.set(name, value));
    })
    .addHelpText("after", "\nExample:\n  lastgood config set BackupCheckPeriodInHours -1\n");
}

function resetCommand(io: Io): Command {
  return resultCommand("reset", "Put a key back to its default; prints the default.")
    .argument("<key>", "such as BackupAlertPeriodInDays")
    .action(async (name: string, options: CommonOptions) => {
      await change(io, name, options, (values) => values.reset(name));
    });
}

async function change(
  io: Io,
  name: string,
  options: CommonOptions,
  work: (values: ConfigValues) => Promise<string>,
): Promise<void> {
  const value = await withDatabase(io, options, async (client) => {
    try {
      return await work(new ConfigValues(client));
    } catch (error) {
      return isDatabaseError(error) && error.code === "LG001"
        ? await throwUnknownKey(client, name, error)
        : Promise.reject(error);
    }
  });
  print(io, wantsJson(options) ? JSON.stringify({ name, value }) : value);
}

async function throwUnknownKey(client: Queryable, name: string, cause?: unknown): Promise<never> {
  const hint = await unknownKeyHint(client, name, "lastgood config list");
  throw new NotFoundError(`there is no config key "${name}"`, { hint, cause });
}

/** A line for each key, and below it what the key is for: fits 100 columns with the usual values. */
export function renderKeys(keys: readonly BackupConfig[]): string {
  const [head, ...lines] = renderTable(
    ["KEY", "VALUE", "DEFAULT", "TYPE", "VALID VALUES"],
    keys.map((key) => [
      key.name,
      oneLine(key.value),
      oneLine(key.default_value),
      key.type,
      key.valid_values ?? "",
    ]),
  ).split("\n");
  return [head, ...keys.flatMap((key, index) => [lines[index], `  ${key.description}`])].join("\n");
}

function oneLine(value: string): string {
  return value === "" ? "''" : value.replaceAll(/\s/g, " ");
}

/** The table of docs/config.md: what the keys are, not what they are set to. */
export function renderMarkdown(keys: readonly BackupConfig[]): string {
  return [
    "| key | default | type | valid values | meaning |",
    "| --- | --- | --- | --- | --- |",
    ...keys.map((key) => {
      const cells = [
        code(key.name),
        key.default_value === "" ? "(empty)" : code(key.default_value),
        key.type,
        key.valid_values === null ? "" : key.valid_values.split(",").map(code).join(", "),
        key.description,
      ];
      return `| ${cells.join(" | ")} |`;
    }),
  ].join("\n");
}

function code(text: string): string {
  return `\`${text}\``;
}
