import { restoreFiles } from "../files/restore.ts";
import type { RestoreOptions, RestoreReport } from "../source.ts";

/** Writes the documents of the picked machines into a new folder, as they were. */
export async function restoreOvf(options: RestoreOptions<unknown>): Promise<RestoreReport> {
  const { items, ...picked } = options.picked;
  if (items.length === 0) return await restoreFiles(options);
  const paths = items.flatMap(({ details }) =>
    typeof details?.["path"] === "string" ? [details["path"]] : [],
  );
  return await restoreFiles({ ...options, picked: { ...picked, items: [], paths } });
}
