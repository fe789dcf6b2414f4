import { BackupConfigDao } from "../dao/backup-config.ts";
import type { Queryable } from "../dao/queryable.ts";
import { nearestNames } from "./nearest.ts";

/** What to try instead of a config key that does not exist. */
export async function unknownKeyHint(db: Queryable, key: string, list: string): Promise<string> {
  const keys = await new BackupConfigDao(db).getKeys();
  const names = nearestNames(
    key,
    keys.map(({ name }) => name),
  );
  return names.length > 0 ? `Did you mean ${names.join(" or ")}?` : `List them with: ${list}`;
}
