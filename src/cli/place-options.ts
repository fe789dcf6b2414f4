import { type Command, Option } from "commander";
import type { NewProvider } from "../backup/add-provider.ts";
import { layoutNames } from "../providers/provider.ts";
import { collect } from "./arguments.ts";
import type { CommonOptions } from "./command.ts";
import { collectSetting } from "./setting-options.ts";

/** What says where a place is, and how new backups are kept there. */
export interface PlaceOptions extends CommonOptions {
  readonly type: string;
  readonly set?: Readonly<Record<string, string>>;
  readonly layout?: string;
  readonly recipient?: readonly string[];
  readonly group?: string;
}

export function addPlaceOptions(command: Command): Command {
  return command
    .requiredOption("--type <type>", "what it is: local-fs, …; see docs/providers.md")
    .option("--set <key=value>", "a setting of its type; may be repeated", collectSetting)
    .addOption(
      new Option(
        "--layout <layout>",
        "how trees of files lie there; the default is its type's",
      ).choices([...layoutNames]),
    )
    .option(
      "--recipient <ref>",
      "encrypt for an age recipient: age1…, file:PATH or secret:NAME; may be repeated",
      collect,
    )
    .option("--group <name>", "keep the items of this group alone, such as a data center");
}

export function newProvider(name: string, options: PlaceOptions): NewProvider {
  return {
    name,
    type: options.type,
    settings: options.set ?? {},
    layout: options.layout,
    recipients: options.recipient ?? [],
    group: options.group,
  };
}
