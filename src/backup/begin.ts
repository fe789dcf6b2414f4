import type { DescribedCopy } from "../admin/described.ts";
import { manifestsOf } from "../layouts/registry.ts";
import { PlaceError, type Provider } from "../providers/provider.ts";
import type { CopyRun } from "./copy.ts";

/**
 * Begins a copy where nothing lies under its name; before that nothing of it may be written.
 *
 * @throws PlaceError where something does, which is not touched: the catalogue has lost its row
 */
export async function beginCopy(
  { backups, started, begun }: CopyRun,
  copy: DescribedCopy,
  provider: Provider,
): Promise<void> {
  const found = await manifestsOf(copy.layout, provider, started.name);
  if (found.length === 0) begun.add(copy);
  if (await backups.beginCopy(copy.backup_copy_id, started.token, found)) return;
  throw new PlaceError(
    "failed",
    `a backup called ${started.name} lies at ${copy.provider} already, of which nothing is known here: ${found.join(", ")}`,
    {
      hint: `The catalogue may have been set back: lastgood provider detach ${copy.provider}, then attach it again.`,
    },
  );
}
