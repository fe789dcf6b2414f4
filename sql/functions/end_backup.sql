-- Ends a backup that runs, and reports it: the one way out of RUNNING. What is half-made, or is of
-- a failed backup, is removed by the next sweep; of a copy that was not begun there is nothing.
create or replace function lastgood.end_backup(
  p_backup_id bigint,
  p_state     text,
  p_reason    text,
  p_message   text
)
  returns void
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  update lastgood.backup as b
  set state = p_state, ended_at = clock_timestamp(), lease_until = null, token = null,
    reason = p_reason
  where b.backup_id = p_backup_id;
  update lastgood.backup_copy as c
  set state = case when c.is_begun then 'DELETING' else 'DELETED' end,
    reason = coalesce(c.reason, p_reason)
  where c.backup_id = p_backup_id and c.state not in ('DELETING', 'DELETED', 'DELETE_FAILED')
    and (c.state = 'RUNNING' or p_state = 'FAILED');
  perform lastgood.report_backup(
    p_backup_id, case p_state when 'COMPLETE' then 1 else -1 end, p_message
  );
end;
$$;

comment on function lastgood.end_backup(bigint, text, text, text) is
  'Ends a running backup in a state, and reports it.';
