import type { Client } from "pg";

/** Sets the catalogue back to before a backup was made: its rows are gone, and lie at its places still. */
export async function forgetBackup(client: Client, name: string): Promise<void> {
  await client.query(
    `create temporary table lost on commit drop as
     select b.backup_id, c.backup_copy_id
     from lastgood.backup as b
     join lastgood.backup_copy as c using (backup_id)
     where b.name = '${name}';
     delete from lastgood.execution where backup_id in (select backup_id from lost);
     delete from lastgood.backup_copy_pack
     where backup_copy_id in (select backup_copy_id from lost);
     delete from lastgood.backup_copy where backup_id in (select backup_id from lost);
     delete from lastgood.backup_item where backup_id in (select backup_id from lost);
     delete from lastgood.backup where backup_id in (select backup_id from lost);
     delete from lastgood.pack
     where pack_id not in (select pack_id from lastgood.backup_copy_pack)`,
  );
}
