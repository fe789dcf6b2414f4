import { UsageError } from "../errors.ts";
import type { ManifestHead } from "../manifest/entry.ts";
import type { Picked } from "../sources/source.ts";

/** What is picked is not in a copy, which holds one group alone; another copy may have it. */
export class OtherGroupError extends UsageError {}

/**
 * Whoever names a copy and picks nothing means all of it; without a name, all of the backup.
 *
 * @throws OtherGroupError where the copy is that of a group, and lacks something
 */
export function checkGroup(
  { group, groups = [] }: ManifestHead,
  picked: Picked,
  { isNamed }: { readonly isNamed: boolean },
): void {
  if (group === undefined) return;
  const all = isNamed ? [] : groups;
  const lacking = (groupsOf(picked) ?? all).filter((each) => each !== group);
  if (lacking.length === 0) return;
  const names = lacking.map((each) => (each === "" ? "what is of none" : `group "${each}"`));
  throw new OtherGroupError(`the copy holds group "${group}" alone, and not ${names.join(", ")}`, {
    hint: "lastgood backup show tells which copy holds which group: name it with --from.",
  });
}

/** Undefined where nobody can tell before the entries are read. */
function groupsOf({ items, paths, entries }: Picked): readonly string[] | undefined {
  if (items.length === 0 || paths !== undefined || entries !== undefined) return undefined;
  const groups = items.map(({ details }) => details?.["group"]);
  return [...new Set(groups.map((group) => (typeof group === "string" ? group : "")))].toSorted();
}
