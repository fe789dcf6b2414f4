-- Ends the deletion of a backup once no copy of it is left to try; returns its state.
create or replace function lastgood.settle_delete(p_backup_id bigint)
  returns text
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_state text;
begin
  update lastgood.backup as b
  set state = left_over.state,
    deleted_at = case left_over.state when 'DELETED' then clock_timestamp() end
  from (
    select case when count(*) = 0 then 'DELETED' else 'DELETE_FAILED' end as state
    from lastgood.backup_copy as c
    where c.backup_id = p_backup_id and c.state <> 'DELETED'
    having bool_and(c.state = 'DELETE_FAILED') is not false
  ) as left_over
  where b.backup_id = p_backup_id and b.state in ('DELETING', 'DELETE_FAILED')
    and b.state <> left_over.state
  returning b.state
  into v_state;
  if v_state is not null then
    perform lastgood.tell_of_backup(
      case v_state when 'DELETED' then 9123 else 9124 end, p_backup_id, session_user,
      case v_state when 'DELETED' then 'deleted' else 'could not delete' end
    );
  end if;
  select b.state
  into v_state
  from lastgood.backup as b
  where b.backup_id = p_backup_id;
  return v_state;
end;
$$;

comment on function lastgood.settle_delete(bigint) is
  'Ends the deletion of a backup once each of its copies is gone or could not be removed.';
