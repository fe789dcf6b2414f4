-- The bytes of a copy are gone or, with an error, could not be removed; returns the state of the
-- backup. Packs that nobody needs any more are left to claim_leftovers. A copy that is DELETED
-- already stays so: two may sweep at once. Raises LG046.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.finish_copy_delete(
  p_backup_copy_id bigint,
  p_error          text default null
)
  returns text
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_backup_id bigint;
begin
  select c.backup_id
  into v_backup_id
  from lastgood.backup_copy as c
  where c.backup_copy_id = p_backup_copy_id;
  perform from lastgood.backup as b where b.backup_id = v_backup_id for no key update;
  update lastgood.backup_copy as c
  set state = case when p_error is null then 'DELETED' else 'DELETE_FAILED' end,
    reason = coalesce(p_error, c.reason), proof_level = 0
  from lastgood.backup as b
  where c.backup_copy_id = p_backup_copy_id and c.state in ('DELETING', 'DELETE_FAILED')
    and b.backup_id = c.backup_id and b.state <> 'RUNNING';
  if not found and not exists (
    select
    from lastgood.backup_copy as c
    where c.backup_copy_id = p_backup_copy_id and c.state = 'DELETED'
  ) then
    raise exception 'copy % is not being deleted', p_backup_copy_id
      using errcode = 'LG046', hint = 'Start with lastgood.start_delete, or claim_leftovers.';
  end if;
  if p_error is null then
    delete from lastgood.backup_copy_pack as u
    where u.backup_copy_id = p_backup_copy_id;
  end if;
  return lastgood.settle_delete(v_backup_id);
end;
$$;

comment on function lastgood.finish_copy_delete(bigint, text) is
  'Notes that the bytes of a copy are gone, or why not; returns the state of the backup.';
