-- Lets a held backup be deleted again; one that is not held stays as it is. Raises LG038.
--
-- SECURITY DEFINER: operators have no right to the table.
create or replace function lastgood.release_backup(p_backup_id bigint)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_backup_id bigint := lastgood.find_backup(p_backup_id::text);
begin
  update lastgood.backup as b
  set held_at = null, held_by = null, hold_reason = null
  where b.backup_id = v_backup_id and b.held_at is not null;
  if found then
    perform lastgood.tell_of_backup(9122, v_backup_id, session_user, 'released');
  end if;
end;
$$;

comment on function lastgood.release_backup(bigint) is
  'Lets a held backup be deleted again.';
