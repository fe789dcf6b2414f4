-- Gives an execution back, for another worker to begin it anew at once: its backup is failed, and
-- that counts as no attempt. Returns the state: one whose backup was sealed is not begun anew.
-- Raises LG078.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.hand_over_execution(
  p_execution_id bigint,
  p_token        uuid
)
  returns text
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  c_reason constant text := 'handed over to another worker';
  v_execution lastgood.execution := lastgood.own_execution(p_execution_id, p_token);
begin
  if lastgood.stop_backup(v_execution.backup_id, c_reason) in ('COMPLETE', 'PARTIAL') then
    return lastgood.end_execution(v_execution, 'ERROR', c_reason);
  end if;
  -- A deleted schedule, or one that is being deleted, begins nothing anew.
  perform
  from lastgood.schedule as s
  where s.schedule_id = v_execution.schedule_id and s.deleted_at is null
  for share;
  if not found then
    return lastgood.end_execution(v_execution, 'CANCELLED', 'the schedule was deleted');
  end if;
  update lastgood.execution as e
  set state = 'QUEUED', reason = c_reason, lease = null, lease_until = null, token = null
  where e.execution_id = p_execution_id;
  return 'QUEUED';
end;
$$;

comment on function lastgood.hand_over_execution(bigint, uuid) is
  'Gives an execution back for another worker, which begins it anew; returns its state.';
