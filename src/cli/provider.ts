import type { Command } from "commander";
import { Providers } from "../admin/providers.ts";
import { checkProvider, type ProviderFinding } from "../backup/check-provider.ts";
import { type ProviderRow, ProviderDao } from "../dao/provider.ts";
import { withDatabase } from "../database.ts";
import { exit } from "../exit.ts";
import { formatBytes, formatCount, renderTable } from "../format.ts";
import type { Io } from "../io.ts";
import {
  type CommonOptions,
  databaseCommand,
  plainCommand,
  resultCommand,
  printResult,
} from "./command.ts";
import { environmentOf } from "./environment.ts";
import { renderProperties } from "./properties.ts";
import { addPlaceOptions, newProvider, type PlaceOptions } from "./place-options.ts";
import { attachCommand } from "./provider-attach.ts";
import { detachCommand } from "./provider-detach.ts";
import { setCommand } from "./provider-set.ts";

const addExamples = `
Examples:
  lastgood provider add vault --type local-fs --set path=/srv/backups
  lastgood provider add vault --type local-fs --set path=/srv/backups --layout pack --recipient file:/etc/lastgood/recipients
`;

export function providerCommand(io: Io): Command {
  return plainCommand(
    "provider",
    "List, add, attach, change, check, detach and delete the places that keep backups.",
  )
    .addCommand(addCommand(io))
    .addCommand(attachCommand(io))
    .addCommand(detachCommand(io))
    .addCommand(setCommand(io))
    .addCommand(listCommand(io))
    .addCommand(showCommand(io))
    .addCommand(checkCommand(io))
    .addCommand(deleteCommand(io));
}

function addCommand(io: Io): Command {
  const command = databaseCommand(
    "add",
    "Make a place ready and keep backups there from now on.",
  ).argument("<name>", "what to call it");
  return addPlaceOptions(command)
    .addHelpText("after", addExamples)
    .action(async (name: string, options: PlaceOptions) => {
      const { addProvider } = await import("../backup/add-provider.ts");
      await withDatabase(io, options, async (client) =>
        addProvider(client, newProvider(name, options), environmentOf(io)),
      );
    });
}

function listCommand(io: Io): Command {
  return resultCommand("list", "List all providers.").action(async (options: CommonOptions) => {
    const providers = await withDatabase(io, options, async (client) =>
      new ProviderDao(client).getProviders(),
    );
    const shown = providers.filter(
      ({ type }) => type !== "debug" || io.env["LASTGOOD_DEBUG"] === "1",
    );
    printResult(io, options, shown, renderProviders);
  });
}

function showCommand(io: Io): Command {
  return resultCommand("show", "Show one provider.")
    .argument("<name>", "the provider")
    .action(async (name: string, options: CommonOptions) => {
      const provider = await withDatabase(io, options, async (client) =>
        new ProviderDao(client).getProvider(name),
      );
      printResult(io, options, provider, renderProperties);
    });
}

function checkCommand(io: Io): Command {
  return resultCommand(
    "check",
    "Try a provider: write, read and remove a probe, and open its newest backup.",
  )
    .argument("<name>", "the provider")
    .action(async (name: string, options: CommonOptions) => {
      const findings = await withDatabase(io, options, async (client) =>
        checkProvider(client, name, environmentOf(io)),
      );
      printResult(io, options, findings, renderFindings);
      if (findings.some(({ result }) => result === "could_not_check")) {
        io.setExitStatus(exit.undetermined);
      }
      if (findings.some(({ result }) => result === "bad")) io.setExitStatus(exit.failed);
    });
}

function deleteCommand(io: Io): Command {
  return databaseCommand("delete", "Forget a provider that keeps no backup any more.")
    .argument("<name>", "the provider")
    .action(async (name: string, options: CommonOptions) => {
      await withDatabase(io, options, async (client) => new Providers(client).delete(name));
    });
}

function renderProviders(providers: readonly ProviderRow[]): string {
  const rows = providers.map((provider) => [
    provider.name,
    provider.type,
    provider.keeps === "nothing" ? "keeps nothing" : (provider.layout ?? "-"),
    provider.recipients.length > 0 ? `${provider.recipients.length} recipients` : "no",
    String(provider.copies),
    provider.keeps === "nothing" ? "-" : formatBytes(provider.stored_bytes),
  ]);
  const table = renderTable(["PROVIDER", "TYPE", "LAYOUT", "ENCRYPTED", "COPIES", "STORED"], rows);
  const notes = providers
    .filter(({ unreadable }) => unreadable.length > 0)
    .map(({ name, unreadable }) => {
      const count = formatCount(unreadable.length, "manifest");
      return `${count} at ${name} cannot be read, or belong to no known backup: lastgood provider check ${name}`;
    });
  return [table, ...notes].join("\n");
}

function renderFindings(findings: readonly ProviderFinding[]): string {
  return findings
    .flatMap(({ result, what, hint }) => [
      `${result.padEnd(15)}  ${what}`,
      ...(hint === null ? [] : [`${"hint".padEnd(15)}  ${hint}`]),
    ])
    .join("\n");
}
