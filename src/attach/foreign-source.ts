import type { ForeignSource } from "../admin/attachments.ts";
import type { ManifestHead } from "../manifest/entry.ts";

/** The source that made a backup, as its manifest names it. */
export function sourceOf({ installation, backup }: ManifestHead): ForeignSource {
  const { source: name, sourceType: type, system: fqdn, scope } = backup;
  return { origin: installation, name, type, fqdn, scope };
}

/** Equal for backups of the same source. */
export function sourceKey(head: ManifestHead): string {
  return JSON.stringify(Object.values(sourceOf(head)));
}
