import { InvalidArgumentError } from "commander";

/** A whole number of 1 to 1000: how many rows a page has. */
export function parseLimit(text: string): number {
  const limit = Number(text);
  if (!/^\d+$/.test(text) || limit < 1 || limit > 1000) {
    throw new InvalidArgumentError("Give a whole number from 1 to 1000.");
  }
  return limit;
}

/** The id of a row. */
export function parseId(text: string): number {
  const id = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(id)) {
    throw new InvalidArgumentError("Give an ID as it is listed, a whole number.");
  }
  return id;
}

/** How many of something. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d{1,6}$/.test(text) || count < 1) {
    throw new InvalidArgumentError("Give a whole number of 1 or more.");
  }
  return count;
}

/** What lifts a limit. Commander would make text of null. */
export const none: unique symbol = Symbol("none");

/** An option that may be `none`. */
export function orNone<T>(parse: (text: string) => T): (text: string) => T | typeof none {
  return (text) => (text === "none" ? none : parse(text));
}

/** Collects an option that may be given several times. */
export function collect(text: string, earlier: readonly string[] = []): string[] {
  return [...earlier, text];
}
