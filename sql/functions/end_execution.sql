-- Ends an execution that is locked and RUNNING: by its backup where that was sealed, else as it is
-- told, or it is QUEUED again where a retry is left. A failure that no backup tells of is reported
-- here. Returns the state.
create or replace function lastgood.end_execution(
  p_execution lastgood.execution,
  p_state     text,
  p_reason    text
)
  returns text
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_backup text := lastgood.stop_backup(p_execution.backup_id, p_reason);
  v_state  text := case v_backup
    when 'COMPLETE' then 'SUCCESS'
    when 'PARTIAL' then 'PARTIAL'
    else p_state
  end;
  v_reason text := case v_state
    when 'SUCCESS' then p_execution.reason
    when 'PARTIAL' then coalesce((
      select b.reason
      from lastgood.backup as b
      where b.backup_id = p_execution.backup_id
    ), p_execution.reason)
    else p_reason
  end;
  v_retry  timestamptz := case when v_state in ('ERROR', 'INTERRUPTED')
    then lastgood.retry_at(p_execution.schedule_id, p_execution.attempt) end;
begin
  if v_state in ('ERROR', 'INTERRUPTED') then
    perform lastgood.report_failure(p_execution, p_reason);
    if v_retry is null then
      v_reason := concat_ws('; ', v_reason, lastgood.no_retry_reason(p_execution));
    end if;
  end if;
  update lastgood.execution as e
  set state = case when v_retry is null then v_state else 'QUEUED' end,
    finished_at = case when v_retry is null then clock_timestamp() end,
    not_before = v_retry,
    attempt = e.attempt + (v_retry is not null)::integer,
    reason = v_reason,
    output = jsonb_build_object(
      'status', v_state, 'backup_id', e.backup_id,
      'error', case when v_state <> 'SUCCESS' then v_reason end
    ),
    lease = null, lease_until = null, token = null
  where e.execution_id = p_execution.execution_id
  returning e.state
  into v_state;
  return v_state;
end;
$$;

comment on function lastgood.end_execution(lastgood.execution, text, text) is
  'Ends a running execution by its backup, or as told, or queues its retry; returns the state.';
