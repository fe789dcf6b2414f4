import { z } from "zod";
import { CorruptError } from "../layouts/errors.ts";
import type { ManifestHead } from "../manifest/entry.ts";
import { layoutNames } from "../providers/provider.ts";
import { sourceTypes } from "../sources/registry.ts";

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const time = z.iso.datetime({ offset: true });
const text = z.string().max(255);

/** What the catalogue can take of a head; whoever wrote to the place may have written anything. */
const schema = z.object({
  installation: z.guid(),
  backup: z.object({
    name: z.string().regex(/^(?!\d+$)[A-Za-z0-9][A-Za-z0-9._-]{0,126}$/),
    type: z.enum(["full", "incremental"]),
    parent: text.optional(),
    source: z.string().regex(/^(?!\d+$)[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/),
    sourceType: z.enum(sourceTypes, "a source type that this version does not know"),
    system: text.min(1),
    scope: z.string().min(1).max(64),
    startedAt: time,
  }),
  layout: z.enum(layoutNames),
  recipients: z.array(z.string()),
  packs: z.array(
    z.object({
      name: z.string().regex(/^[a-z0-9]{8,40}$/),
      size: count,
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      used: count,
    }),
  ),
  totals: z.object({ entries: count, files: count, bytes: count }),
  group: text.min(1).optional(),
  groups: z.array(text).optional(),
  missing: count.optional(),
  endedAt: time.optional(),
});

/**
 * @param name of the backup, as the key says it
 * @throws CorruptError for a head that the catalogue cannot take
 */
export function checkHead(head: ManifestHead, name: string): void {
  const { error } = schema.safeParse(head);
  const [issue] = error?.issues ?? [];
  if (issue !== undefined) {
    throw new CorruptError(`its head cannot be used: ${issue.path.join(".")}: ${issue.message}`);
  }
  if (head.backup.name === name) return;
  throw new CorruptError(`it is the manifest of "${head.backup.name}", under another name`);
}
