/** An id as a whole word, or as oVirt names the device that it is: `ua-ID`. */
const guidPattern = /(?<=(?<![\w-])(?:ua-)?)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-])/gi;
const macPattern = /(?<![\w:.-])[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}(?![\w:-])/gi;

/** Of what is no object at all; templates and parents that are none have it. */
export const blankId = "00000000-0000-0000-0000-000000000000";

/** The ids in a value that stand for themselves, lower case; not the blank one. */
export function idsIn(value: string | undefined): string[] {
  const found = value?.match(guidPattern) ?? [];
  return found.map((id) => id.toLowerCase()).filter((id) => id !== blankId);
}

/** A MAC address as it is compared; undefined for what is none. */
export function macOf(value: string | undefined): string | undefined {
  const trimmed = value?.trim() ?? "";
  const [found] = trimmed.match(macPattern) ?? [];
  return found === trimmed && found !== "" ? found.toLowerCase().replaceAll("-", ":") : undefined;
}

/** Whether a network interface may have it: not broadcast or multicast, and not nothing. */
export function isUnicast(mac: string): boolean {
  return (parseInt(mac.slice(0, 2), 16) & 1) === 0 && mac !== "00:00:00:00:00:00";
}

/** New ids and MAC addresses by the old ones, these in lower case. */
export interface Renaming {
  readonly ids: ReadonlyMap<string, string>;
  readonly macs: ReadonlyMap<string, string>;
}

/** A value with its ids and addresses renamed, as far as they stand for themselves. */
export function rename(value: string, { ids, macs }: Renaming): string {
  const renamed = value.replaceAll(guidPattern, (id) => inCaseOf(id, ids.get(id.toLowerCase())));
  if (macs.size === 0) return renamed;
  return renamed.replaceAll(macPattern, (mac: string, separator: string) => {
    const found = macs.get(mac.toLowerCase().replaceAll("-", ":"));
    return inCaseOf(mac, found?.replaceAll(":", separator));
  });
}

function inCaseOf(old: string, renamed: string | undefined): string {
  if (renamed === undefined) return old;
  return /[A-F]/.test(old) && !/[a-f]/.test(old) ? renamed.toUpperCase() : renamed;
}
