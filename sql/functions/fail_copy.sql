-- Gives up a copy, while others of the backup may go on. Where it was not begun nothing there is
-- its own, whatever it is called: nothing is to be removed. Raises LG035.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.fail_copy(
  p_backup_copy_id bigint,
  p_token          uuid,
  p_reason         text
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
begin
  perform lastgood.own_copy(p_backup_copy_id, p_token);
  update lastgood.backup_copy as c
  set state = case when c.is_begun then 'DELETING' else 'DELETED' end, reason = p_reason
  where c.backup_copy_id = p_backup_copy_id;
end;
$$;

comment on function lastgood.fail_copy(bigint, uuid, text) is
  'Gives up a copy; what was written of it is removed by the next sweep.';
