import { beforeEach, expect, test } from "vitest";
import { Backups } from "../../src/admin/backups.ts";
import { BackupDao } from "../../src/dao/backup.ts";
import { addCatalogue, copyOf, makeBackup, verdictOf, packName } from "../support/catalogue.ts";
import { useSession } from "../support/session.ts";

const session = useSession();
beforeEach(() => addCatalogue(session.client));

test("a backup from start to deletion, as the catalogue and the verdict see it", async () => {
  const backups = new Backups(session.client);
  const dao = new BackupDao(session.client);
  expect(await verdictOf(session.client)).toMatchObject({ state: "missing", activity: "idle" });
  const made = await makeBackup(session.client, { packs: { [packName()]: 900 } });
  expect(await dao.getBackup(made.name)).toMatchObject({
    state: "COMPLETE",
    is_good: true,
    proof_level: 2,
  });
  expect(await verdictOf(session.client)).toMatchObject({ state: "ok", proof_level: 2 });
  await makeBackup(session.client, { isIncremental: true });
});
