import type { FoundRow } from "../admin/attachments.ts";
import type { FoundCopy } from "./found-copy.ts";

/** A copy that was found, as the catalogue takes it. */
export function toRow(copy: FoundCopy, sourceId: number): FoundRow {
  const { head, damage } = copy;
  const { name, type, parent, startedAt } = head.backup;
  return {
    source_id: sourceId,
    origin: head.installation,
    name,
    type,
    parent: parent ?? null,
    started_at: startedAt,
    ended_at: head.endedAt ?? null,
    size_bytes: head.totals.bytes,
    entries: head.totals.entries,
    missing: head.missing ?? null,
    groups: head.groups ?? [],
    layout: head.layout,
    recipients: head.recipients.toSorted(),
    group_name: head.group ?? null,
    manifest_key: copy.manifestKey,
    manifest_sha256: copy.manifestSha256,
    manifest_size: copy.manifestSize,
    state: damage?.state ?? "COMPLETE",
    reason: damage?.reason ?? null,
    packs: head.packs,
  };
}
