import type { MachineFacts } from "./machine-facts.ts";
import type { RestoreChoices } from "./choices.ts";

/** A machine that is to be restored, as its document says. */
export interface PickedMachine {
  /** In lower case; the document is named after it. */
  readonly id: string;
  /** The one that stands in the document, which may be another. */
  readonly documentId: string;
  /** Its data centre; in another one there may be machines with the same name. */
  readonly group: string;
  readonly kind: "vm" | "template";
  readonly name: string;
  /** How many are to be made of it. */
  readonly copies: number;
  readonly facts: MachineFacts;
}

/** One of those that are made of a machine. */
export interface MachineCopy<M extends PickedMachine = PickedMachine> {
  readonly machine: M;
  /** 1 is the first. */
  readonly number: number;
  readonly name: string;
}

/** All that are to be made, templates first: machines need them. */
export function copiesOf<M extends PickedMachine>(
  machines: readonly M[],
  choices: RestoreChoices,
): MachineCopy<M>[] {
  const templates = machines.filter(({ kind }) => kind === "template");
  const others = machines.filter(({ kind }) => kind !== "template");
  return [...templates, ...others].flatMap((machine) =>
    Array.from({ length: machine.copies }, (_, index) => ({
      machine,
      number: index + 1,
      name: nameOf(machine, index + 1, choices),
    })),
  );
}

function nameOf({ name, copies }: PickedMachine, number: number, choices: RestoreChoices): string {
  const { suffix } = choices;
  return copies === 1 ? `${name}${suffix ?? ""}` : `${name}${suffix ?? "-"}${number}`;
}
