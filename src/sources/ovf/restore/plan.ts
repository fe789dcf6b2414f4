import { type Clone, Cloning } from "./clone.ts";
import { describeCopy, describeLeftOut } from "./describe-copy.ts";
import { Fresh, type Supply } from "./fresh.ts";
import type { Inventory } from "./inventory.ts";
import { type Judgement, Judge, type Problem } from "./judge.ts";
import { copiesOf, type MachineCopy, type PickedMachine } from "./machine-copy.ts";
import type { RestoreChoices } from "./choices.ts";
import type { Changes } from "./rewrite.ts";

/** A copy that is to be written. */
export interface PlannedCopy<M extends PickedMachine> extends MachineCopy<M> {
  /** In lower case; its document is named after it. */
  readonly id: string;
  /** The one that stands in the document. */
  readonly documentId: string;
  readonly changes: Changes;
}

export interface Plan<M extends PickedMachine> {
  readonly copies: readonly PlannedCopy<M>[];
  readonly actions: readonly string[];
  /** With any of them nothing is written. */
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

export interface PlanOptions {
  readonly choices: RestoreChoices;
  readonly inventory: Inventory | undefined;
  readonly supply: Supply;
}

/** Decides what becomes of all machines together, before the first of them is written. */
export function planMachines<M extends PickedMachine>(
  machines: readonly M[],
  { choices, inventory, supply }: PlanOptions,
): Plan<M> {
  const copies = copiesOf(machines, choices);
  const ids = new Fresh(() => supply.id().toLowerCase());
  const macs = new Fresh(() => supply.mac().toLowerCase());
  avoidWhatIsThere(ids, macs, machines, inventory);
  const judge = new Judge(choices, inventory);
  const judgements = new Map(copies.map((copy) => [copy, judge.judge(copy)]));
  const clones = choices.register ? undefined : new Cloning(ids, macs).clone(copies);
  const planned = copies.map((copy) => {
    const judgement = judgements.get(copy) ?? nothingWrong;
    const clone = clones?.get(copy) ?? keep(copy, judgement, macs);
    const { id, documentId } = clone;
    return {
      ...copy,
      judgement,
      clone,
      id,
      documentId,
      changes: changesOf(copy, clone, judgement),
    };
  });
  return {
    copies: planned,
    actions: planned.flatMap((copy) => [
      describeCopy(copy, copy.clone, choices),
      ...describeLeftOut(copy, copy.judgement),
    ]),
    problems: planned.flatMap(({ name, judgement }) =>
      judgement.problems.map((problem) => ({ ...problem, text: `${name}: ${problem.text}` })),
    ),
    warnings: [...unjudged(choices, inventory), ...warningsOf(machines, inventory)],
  };
}

const nothingWrong: Judgement = {
  problems: [],
  missingDisks: [],
  missingNetworks: [],
  badMacs: [],
};

function avoidWhatIsThere(
  ids: Fresh,
  macs: Fresh,
  machines: readonly PickedMachine[],
  inventory: Inventory | undefined,
): void {
  for (const { id, facts } of machines) {
    ids.avoid([id]);
    ids.avoid(facts.ids.keys());
    ids.avoid(facts.references);
    macs.avoid(facts.macs);
  }
  ids.avoid(inventory?.machines?.keys() ?? []);
  ids.avoid(inventory?.disks?.keys() ?? []);
  macs.avoid(inventory?.macs ?? []);
}

function keep({ machine }: MachineCopy, { badMacs }: Judgement, macs: Fresh): Clone {
  return {
    id: machine.id,
    documentId: machine.documentId,
    ids: new Map(),
    macs: new Map(badMacs.map((mac) => [mac, macs.take()])),
    templateName: undefined,
  };
}

function changesOf(copy: MachineCopy, clone: Clone, judgement: Judgement): Changes {
  const { name, machine } = copy;
  const disks = judgement.missingDisks.flatMap((disk) => [
    disk,
    ...(machine.facts.disks.get(disk) ?? []),
  ]);
  return {
    ids: clone.ids,
    macs: clone.macs,
    ...(name === machine.name ? {} : { name }),
    ...(clone.templateName === undefined ? {} : { templateName: clone.templateName }),
    withoutDisks: new Set(disks),
    withoutNetworks: new Set(judgement.missingNetworks),
  };
}

/** What could not be compared. */
function unjudged(choices: RestoreChoices, inventory: Inventory | undefined): string[] {
  if (inventory === undefined) {
    return ["without an inventory nothing was compared with what exists: see --inventory"];
  }
  const { machines, disks, networks, macs } = inventory;
  const lists = choices.register
    ? { vms: machines, disks, networks, macs }
    : { vms: machines, networks };
  const lacking = Object.keys(lists).filter((name) => lists[name as "vms"] === undefined);
  return lacking.length === 0
    ? []
    : [`the inventory lists no ${lacking.join(", no ")}: these were not compared`];
}

function warningsOf(
  machines: readonly PickedMachine[],
  inventory: Inventory | undefined,
): string[] {
  const restored = new Set(machines.map(({ id }) => id));
  return machines.flatMap(({ name, facts: { template, unreadable } }) => {
    const isKnown = template === undefined || restored.has(template);
    const isLost = !isKnown && inventory?.machines?.has(template) === false;
    return [
      ...(isLost ? [`${name}: its template ${template} neither exists nor is restored`] : []),
      ...(unreadable > 0
        ? [
            `${name}: ${unreadable} configurations of snapshots could not be read, and stay as they are`,
          ]
        : []),
    ];
  });
}
