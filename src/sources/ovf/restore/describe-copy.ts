import type { Clone } from "./clone.ts";
import type { Judgement } from "./judge.ts";
import type { MachineCopy } from "./machine-copy.ts";
import type { RestoreChoices } from "./choices.ts";

/** A line of all that is another in a copy, old to new. */
export function describeCopy(copy: MachineCopy, clone: Clone, choices: RestoreChoices): string {
  const { machine, name } = copy;
  const who = name === machine.name ? name : `${machine.name} → ${name}`;
  const parts = [
    ...(choices.register
      ? [`registered with its ids, ${labelOf(copy, machine.id)} ${machine.id}`]
      : []),
    ...renamedIds(copy, clone),
    ...[...clone.macs].map(([old, renamed]) => `MAC ${old} → ${renamed}`),
  ];
  const { template } = machine.facts;
  if (template !== undefined && !clone.ids.has(template)) parts.push(`template ${template} stays`);
  return `${shown(who)}: ${parts.join(", ")}`;
}

const order = ["vm", "template", "disk", "image", "parent", "snapshot", "nic"];

function renamedIds(copy: MachineCopy, { ids }: Clone): string[] {
  return [...ids]
    .map(([old, renamed]) => ({ label: labelOf(copy, old), ids: `${old} → ${renamed}` }))
    .toSorted((a, b) => order.indexOf(a.label) - order.indexOf(b.label))
    .map((line) => `${line.label} ${line.ids}`);
}

/** What a copy lacks, a line each. */
export function describeLeftOut({ machine, name }: MachineCopy, judgement: Judgement): string[] {
  const disks = judgement.missingDisks.map((disk) => `left out disk ${disk}, which is missing`);
  const networks = new Set(judgement.missingNetworks);
  const nics = machine.facts.nics.flatMap((nic) =>
    nic.network !== undefined && networks.has(nic.network)
      ? [`left out network ${nic.network} of interface ${nic.name}, which is missing`]
      : [],
  );
  return [...disks, ...nics].map((line) => shown(`${name}: ${line}`));
}

function labelOf({ machine }: MachineCopy, id: string): string {
  if (id === machine.id || id === machine.documentId) return machine.kind;
  const kind = machine.facts.ids.get(id);
  if (kind !== undefined) return kind;
  return id === machine.facts.template ? "template" : "parent";
}

/** Names come from documents: they neither forge a line nor steer a terminal. */
function shown(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "?");
}
