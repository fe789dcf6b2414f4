import type { DescribedCopy } from "../admin/described.ts";
import type { CopyReader } from "../layouts/layout.ts";
import { openCopy } from "../layouts/registry.ts";
import type { Identities } from "../layouts/layout.ts";
import type { Provider, ProviderContext } from "../providers/provider.ts";
import { openProvider } from "../providers/registry.ts";

/** What is needed to find a place. */
export type Place = Pick<DescribedCopy, "provider_type" | "settings" | "marker">;

/** What is needed to find a sealed copy in its place. */
export type SealedPlace = Pick<DescribedCopy, "manifest_key" | "manifest_sha256" | "manifest_size">;

/** Opens the place where a copy lies, or will lie. */
export async function openPlace(
  copy: Place,
  installation: string,
  context: ProviderContext,
): Promise<Provider> {
  const { provider_type: type, settings, marker } = copy;
  return await openProvider({ type, settings, marker }, installation, context);
}

/** Opens a sealed copy for reading. */
export async function openSealed(
  provider: Provider,
  copy: SealedPlace,
  identities: Identities,
): Promise<CopyReader> {
  const { manifest_key: manifestKey, manifest_sha256, manifest_size } = copy;
  if (manifestKey === null || manifest_sha256 === null || manifest_size === null) {
    throw new RangeError(`this copy was never sealed`);
  }
  return await openCopy({
    provider,
    manifestKey,
    manifestSha256: manifest_sha256,
    manifestSize: manifest_size,
    identities,
  });
}
