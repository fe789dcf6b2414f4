-- Keeps a backup from being deleted until it is released. Holding it again changes who and why.
-- Raises LG038, LG045 for a backup that is gone or has failed.
--
-- SECURITY DEFINER: operators have no right to the table.
create or replace function lastgood.hold_backup(
  p_backup_id bigint,
  p_reason    text default null
)
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
  set held_at = coalesce(b.held_at, clock_timestamp()), held_by = session_user,
    hold_reason = p_reason
  where b.backup_id = v_backup_id and b.state in ('RUNNING', 'COMPLETE', 'PARTIAL');
  if not found then
    raise exception 'backup % cannot be held', p_backup_id
      using errcode = 'LG045', hint = 'It failed, or is deleted.';
  end if;
  perform lastgood.tell_of_backup(9121, v_backup_id, session_user, 'holds', p_reason);
end;
$$;

comment on function lastgood.hold_backup(bigint, text) is
  'Keeps a backup from being deleted until it is released.';
