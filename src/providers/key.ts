import { PlaceError } from "./provider.ts";

/** Leaves room for what a place adds while it writes: names of files have 255 bytes at most. */
const maxKeyLength = 200;

const segment = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;

/** Whether a text can name an object everywhere; no segment starts with a dot, which is for the places. */
export function isKey(text: string): boolean {
  return text.length <= maxKeyLength && text.split("/").every((each) => segment.test(each));
}

/** @throws PlaceError for a text that can name no object */
export function checkKey(key: string): void {
  if (isKey(key)) return;
  throw new PlaceError("failed", `${JSON.stringify(key)} cannot be the key of an object`, {
    hint: `A key has up to ${maxKeyLength} letters, digits, dots, dashes and slashes; no part of it is empty or starts with a dot.`,
  });
}

/** @throws PlaceError for a text with which no key can start */
export function checkPrefix(prefix: string): void {
  if (prefix !== "" && !isKey(prefix.endsWith("/") ? prefix.slice(0, -1) : prefix))
    checkKey(prefix);
}
