import { PlaceError, type Provider } from "../../providers/provider.ts";
import { CorruptError } from "../errors.ts";
import { readSideFile } from "./side-file.ts";
import { isSideKey, spoolKey, tarOf } from "./slots.ts";

/**
 * Removes the OVF store of a backup, also one that was not written to its end: the slot whose side file
 * names it. A slot that has become another backup's is left alone. Safe to repeat, and to be killed
 * anywhere: the side file goes last.
 */
export async function removeStore(provider: Provider, backupName: string): Promise<void> {
  const spool = spoolKey(backupName);
  await provider.delete(spool);
  await provider.removePartial(spool);
  for await (const object of provider.list("")) {
    if (!isSideKey(object.key)) continue;
    try {
      const { head } = (await readSideFile(provider, object)).side;
      if (head.backup.name !== backupName) continue;
    } catch (error) {
      // Nobody can say whose it is: the next backup that wants the slot takes it. Or another was faster.
      const isGone = error instanceof PlaceError && error.trouble === "missing";
      if (isGone || error instanceof CorruptError) continue;
      throw error;
    }
    await provider.delete(tarOf(object.key));
    await provider.delete(object.key);
  }
}
