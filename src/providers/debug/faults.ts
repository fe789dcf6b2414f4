import { PlaceError, type PlaceTrouble } from "../provider.ts";

export const operations = [
  "open",
  "put",
  "get",
  "stat",
  "list",
  "delete",
  "removePartial",
] as const;
export type Operation = (typeof operations)[number];

const troubles: readonly PlaceTrouble[] = [
  "missing",
  "full",
  "read_only",
  "foreign",
  "unreachable",
  "failed",
];

type FaultKind = "fail" | "hang" | "corrupt";

interface Fault {
  readonly operation: Operation;
  /** Counted from 1; undefined for every call. */
  readonly nth: number | undefined;
  readonly trouble: PlaceTrouble;
}

export interface Faults {
  readonly list: readonly Fault[];
  /** What is wrong with the text. */
  readonly defect: string | undefined;
}

/** Reads `put:3,get:1:unreachable`. */
export function faultsOf(kind: FaultKind, text: string | undefined): Faults {
  const parts = text === undefined || text === "" ? [] : text.split(",");
  const list = parts.map((part) => faultOf(kind, part.trim()));
  const known = list.filter((fault) => fault !== undefined);
  if (known.length === list.length) return { list: known, defect: undefined };
  const wanted = kind === "fail" ? "OP[:NTH[:TROUBLE]]" : "OP[:NTH]";
  const names = operationsOf(kind).join(", ");
  return { list: known, defect: `must be ${wanted}, where OP is one of ${names}` };
}

const form = /^(?<operation>[a-zA-Z]+)(?::(?<nth>[1-9]\d{0,8})?(?::(?<trouble>[a-z_]+))?)?$/;

function faultOf(kind: FaultKind, text: string): Fault | undefined {
  const { operation, nth, trouble } = form.exec(text)?.groups ?? {};
  const known = operationsOf(kind).find((name) => name === operation);
  const wanted = troubles.find((name) => name === (trouble ?? "failed"));
  if (known === undefined || wanted === undefined) return undefined;
  if (trouble !== undefined && kind !== "fail") return undefined;
  return { operation: known, nth: nth === undefined ? undefined : Number(nth), trouble: wanted };
}

function operationsOf(kind: FaultKind): readonly Operation[] {
  return kind === "corrupt" ? ["put", "get"] : operations;
}

/** The fault that is due in a call, the nth of its kind. */
export function dueFault(faults: Faults, operation: Operation, nth: number): Fault | undefined {
  return faults.list.find(
    (fault) => fault.operation === operation && (fault.nth === undefined || fault.nth === nth),
  );
}

export const faultHint = "The settings of this debug provider say so.";

export function injected(trouble: PlaceTrouble, operation: Operation): PlaceError {
  return new PlaceError(trouble, `${operation} was asked to fail`, { hint: faultHint });
}
