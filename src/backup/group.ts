import type { DescribedCopy } from "../admin/described.ts";
import type { SealedCopy } from "../layouts/layout.ts";
import type { Entry, Item, ManifestBody, Missing } from "../manifest/entry.ts";
import { PlaceError } from "../providers/provider.ts";

/** A sealed copy, and what the source said when it was made. */
export interface FilledCopy {
  readonly copy: DescribedCopy;
  readonly body: ManifestBody;
  readonly sealed: SealedCopy;
  /** What the source had beside it, of other groups, when this copy was read from it. */
  readonly elsewhere: readonly Item[];
}

/** Whether one copy holds all that another one wants, so that it can be made from it. */
export function holdsAllFor(filled: FilledCopy, copy: DescribedCopy): boolean {
  const { group_name: held } = filled.copy;
  return held === null || held === copy.group_name;
}

/** What a backup says of itself, cut to the items of one group. */
export function bodyOfGroup(body: ManifestBody, group: string | null): ManifestBody {
  if (group === null) return body;
  return { ...body, items: body.items.filter((item) => groupOf(item) === group) };
}

/** Selects the entries of these items: those that they name as their path. */
export function entriesOf({ items }: ManifestBody): (entry: Entry) => boolean {
  const paths = new Set(items.map(pathIn));
  return ({ path }) => paths.has(path);
}

/** @throws PlaceError for a copy of a group that the source has nothing of: it would be empty for ever */
export function refuseEmptyGroup(copy: DescribedCopy, { items }: ManifestBody): void {
  if (copy.group_name === null || items.length > 0) return;
  throw new PlaceError("failed", `the source has nothing of group "${copy.group_name}"`, {
    hint: `It is all that provider ${copy.provider} keeps; lastgood backup items shows the groups.`,
  });
}

/**
 * What is in no copy of groups that were all read: the source is asked for each of them anew, and it
 * moved or went away meanwhile. What is of a group that is still to be read, or has no copy, is not
 * lost in this way.
 */
export function lostBetween(
  filled: readonly FilledCopy[],
  own: Pick<FilledCopy, "copy" | "body" | "elsewhere">,
): readonly Missing[] {
  const all = [...filled, own];
  const groups = new Set(all.map(({ copy }) => copy.group_name));
  const kept = new Set(all.flatMap(({ body }) => body.items.map(pathIn)));
  // As it was seen last.
  const seen = new Map(all.flatMap((each) => each.elsewhere.map((item) => [pathIn(item), item])));
  return [...seen.values()]
    .filter((item) => !kept.has(pathIn(item)) && groups.has(groupOf(item)))
    .map(({ kind, name }) => ({
      path: `${kind} ${name}`,
      reason: "it changed its group while groups were read one after the other, or was deleted",
    }));
}

/** What a backup holds, from all of its copies: one is whole, or each holds a group. */
export function unite(filled: readonly FilledCopy[]): {
  readonly body: ManifestBody;
  readonly totals: { readonly bytes: number; readonly entries: number };
} {
  const parts = partsOf(filled);
  const body = uniteBodies(parts.map((part) => part.body));
  if (body === undefined) throw new RangeError("a backup without a copy holds nothing");
  return {
    body,
    totals: {
      bytes: sum(parts.map(({ sealed }) => sealed.totals.bytes)),
      entries: sum(parts.map(({ sealed }) => sealed.totals.entries)),
    },
  };
}

/** What one body says, or those of several groups; undefined where there is none. */
export function uniteBodies(bodies: readonly ManifestBody[]): ManifestBody | undefined {
  const [first] = bodies;
  if (first === undefined) return undefined;
  return { ...first, ...(bodies.length > 1 ? joined(bodies) : undefined) };
}

/**
 * What bodies of groups say together. The source was asked for each of them, and may have changed
 * meanwhile: what two of them have is listed once.
 */
function joined(bodies: readonly ManifestBody[]): Partial<ManifestBody> {
  const items = bodies.flatMap((body) => body.items);
  const missing = bodies.flatMap((body) => body.missing);
  return {
    items: namedOnce(items),
    missing: [...new Map(missing.map((each) => [`${each.path} ${each.reason}`, each])).values()],
    groups: [...new Set(bodies.flatMap((body) => body.groups ?? []))].toSorted(),
  };
}

/** Two that came to have one name meanwhile are told apart by their ids. */
function namedOnce(items: readonly Item[]): readonly Item[] {
  const named = new Map<string, Item>();
  for (const item of items) {
    const key = `${item.kind} ${item.name}`;
    const [id, twin] = [item.details?.["id"], named.get(key)];
    if (twin === undefined) named.set(key, item);
    else if (typeof id === "string" && twin.details?.["id"] !== id) {
      named.set(`${key} (${id})`, { ...item, name: `${item.name} (${id})` });
    }
  }
  return [...named.values()];
}

/** A whole copy, or one of each group. */
function partsOf(filled: readonly FilledCopy[]): readonly FilledCopy[] {
  const whole = filled.find(({ copy }) => copy.group_name === null);
  if (whole !== undefined) return [whole];
  return [...new Map(filled.map((each) => [each.copy.group_name, each])).values()];
}

/** Where its content lies in the backup; the same in every group. */
function pathIn({ details }: Item): unknown {
  return details?.["path"];
}

function groupOf({ details }: Item): string {
  const group = details?.["group"];
  return typeof group === "string" ? group : "";
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
