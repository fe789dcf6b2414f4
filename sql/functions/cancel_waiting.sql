-- Cancels what waits of a schedule; what is claimed meanwhile runs. A retry ends as its last
-- attempt did, which nothing follows any more: a failure is not to be hidden.
create or replace function lastgood.cancel_waiting(p_schedule_id bigint, p_reason text)
  returns void
  language sql
  volatile
begin atomic
  update lastgood.execution
  set state = ended.state, finished_at = clock_timestamp(), reason = ended.reason,
    output = jsonb_build_object(
      'status', ended.state, 'backup_id', execution.backup_id, 'error', ended.reason
    )
  from (
    select
      w.execution_id,
      case when failed.is_true then w.output ->> 'status' else 'CANCELLED' end as state,
      case when failed.is_true
        then concat_ws('; ', w.output ->> 'error', 'not tried again: ' || p_reason)
        else p_reason
      end as reason
    from lastgood.execution as w
    cross join lateral (
      select w.attempt > 1
        and (w.output ->> 'status' in ('ERROR', 'INTERRUPTED')) is true as is_true
    ) as failed
    where w.schedule_id = p_schedule_id and w.state = 'QUEUED'
  ) as ended
  where execution.execution_id = ended.execution_id and execution.state = 'QUEUED';
end;

comment on function lastgood.cancel_waiting(bigint, text) is
  'Cancels what waits of a schedule, with a reason; a retry ends as its last attempt did.';
