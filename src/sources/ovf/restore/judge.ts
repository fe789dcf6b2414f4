import type { Inventory } from "./inventory.ts";
import type { MachineCopy } from "./machine-copy.ts";
import type { RestoreChoices } from "./choices.ts";
import { isUnicast, macOf } from "./tokens.ts";

/** What keeps all from being restored. */
export interface Problem {
  readonly text: string;
  /** What to do about it, as a sentence. */
  readonly hint?: string;
}

/** What is wrong with one copy there. */
export interface Judgement {
  readonly problems: readonly Problem[];
  /** Disks that are not there. */
  readonly missingDisks: readonly string[];
  readonly missingNetworks: readonly string[];
  /** MAC addresses that the copy may not have; only of those that keep theirs. */
  readonly badMacs: readonly string[];
}

/** Compares copies with what exists, and with each other; in the order in which they are made. */
export class Judge {
  readonly #choices: RestoreChoices;
  readonly #inventory: Inventory | undefined;
  readonly #names = new Set<string>();
  readonly #existing: ReadonlySet<string>;
  readonly #kept = new Set<string>();

  constructor(choices: RestoreChoices, inventory: Inventory | undefined) {
    this.#choices = choices;
    this.#inventory = inventory;
    this.#existing = new Set(inventory?.machines?.values());
  }

  judge(copy: MachineCopy): Judgement {
    const { register, mayBePartial, reassignsBadMacs } = this.#choices;
    const missingDisks = register ? this.#missingDisks(copy) : [];
    const missingNetworks = this.#missingNetworks(copy);
    const badMacs = register ? this.#badMacs(copy) : [];
    const problems = [...this.#nameProblems(copy), ...(register ? this.#idProblems(copy) : [])];
    if (!mayBePartial) problems.push(...missing(missingDisks, missingNetworks));
    if (!reassignsBadMacs && badMacs.length > 0) {
      problems.push({
        text: `These MAC addresses are in use or cannot be: ${badMacs.join(", ")}.`,
        hint: "--reassign-bad-macs gives new ones.",
      });
    }
    return { problems, missingDisks, missingNetworks, badMacs };
  }

  #nameProblems({ name, machine }: MachineCopy): Problem[] {
    const key = [machine.kind, machine.group, name].join("\n");
    const isTaken = this.#names.has(key) || this.#existing.has(name);
    this.#names.add(key);
    const text = "The VM name is already in use, please choose a unique name and try again.";
    return isTaken ? [{ text, hint: "--suffix TEXT is put to names." }] : [];
  }

  #idProblems({ machine: { id, facts } }: MachineCopy): Problem[] {
    const problems: string[] = [];
    const owner = this.#inventory?.machines?.get(id);
    if (owner !== undefined) {
      problems.push(`The id ${id} exists already, as "${owner}". Please import as a clone.`);
    }
    if (this.#kept.has(id)) {
      problems.push(`The id ${id} is picked twice. Please import as a clone.`);
    }
    this.#kept.add(id);
    const disks = this.#inventory?.disks;
    const existing = [...facts.disks.keys()].filter((disk) => disks?.get(disk)?.isRegistered);
    if (existing.length > 0) {
      const list = existing.join(", ");
      problems.push(`The following disks already exist: ${list}. Please import as a clone.`);
    }
    return problems.map((text) => ({ text, hint: "Leave out --register: copies get new ids." }));
  }

  #missingDisks({ machine }: MachineCopy): string[] {
    const disks = this.#inventory?.disks;
    if (disks === undefined) return [];
    return [...machine.facts.disks.keys()].filter((disk) => !disks.has(disk));
  }

  #missingNetworks({ machine }: MachineCopy): string[] {
    const known = this.#inventory?.networks;
    if (known === undefined) return [];
    const networks = machine.facts.nics.flatMap(({ network }) => network ?? []);
    return [...new Set(networks)].filter((network) => !known.has(network));
  }

  #badMacs({ machine }: MachineCopy): string[] {
    const macs = machine.facts.nics.flatMap(({ mac }) => macOf(mac) ?? []);
    const used = (mac: string): boolean =>
      this.#kept.has(mac) || this.#inventory?.macs?.has(mac) === true;
    const bad = [...new Set(macs)].filter((mac) => used(mac) || !isUnicast(mac));
    for (const mac of macs) this.#kept.add(mac);
    return bad;
  }
}

function missing(disks: readonly string[], networks: readonly string[]): Problem[] {
  const lists = Object.entries({ disks, networks }).filter(([, list]) => list.length > 0);
  return lists.map(([kind, list]) => ({
    text: `The following ${kind} are missing: ${list.join(", ")}.`,
    hint: "--allow-partial leaves out what is missing, and lists it.",
  }));
}
