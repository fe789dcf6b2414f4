-- Begins to delete a backup: it counts no more from now on, and whoever removes its copies says so
-- with finish_copy_delete. Raises LG038, and what check_deletable says.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.start_delete(p_backup_id bigint)
  returns jsonb
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_backup_id bigint := lastgood.find_backup(p_backup_id::text);
  v_fqdn      text   := lastgood.lock_source_of(v_backup_id);
begin
  -- Waits for a backup that is being started on this one, and for a restore.
  perform from lastgood.backup as b where b.backup_id = v_backup_id for update;
  perform lastgood.check_deletable(v_backup_id);
  update lastgood.backup as b
  set state = 'DELETING'
  where b.backup_id = v_backup_id;
  update lastgood.backup_copy as c
  set state = 'DELETING'
  where c.backup_id = v_backup_id and c.state <> 'DELETED';
  perform lastgood.settle_delete(v_backup_id);
  perform lastgood.settle_live_alerts(array[v_fqdn]);
  return lastgood.describe_backup(v_backup_id)
    || jsonb_build_object('copies', lastgood.describe_copies(v_backup_id));
end;
$$;

comment on function lastgood.start_delete(bigint) is
  'Begins to delete a backup; returns it with the copies that are to be removed.';
