import { formatCount } from "../../format.ts";
import type { RunContext } from "../source.ts";
import { Inventory } from "./inventory.ts";
import type { Machine } from "./machine.ts";
import { readDocuments } from "./read.ts";
import type { OvfSettings } from "./settings.ts";

/** Reads all documents, and says what each group has and which of them are bad. */
export async function checkOvf(
  settings: OvfSettings,
  context: RunContext,
): Promise<readonly string[]> {
  const inventory = new Inventory({});
  await readDocuments({ settings, context }, (found) => inventory.add(found));
  const machines = inventory.machines();
  return [
    ...inventory.groups().map((group) => {
      const name = group === "" ? "of no group" : `group ${group}`;
      return `${name}: ${counted(machines.filter((machine) => machine.group === group))}`;
    }),
    ...inventory.missing().map(({ path, reason }) => `bad: ${path}: ${reason}`),
  ];
}

function counted(machines: readonly Machine[]): string {
  const templates = machines.filter(({ kind }) => kind === "template").length;
  return `${formatCount(machines.length - templates, "machine")}, ${formatCount(templates, "template")}`;
}
