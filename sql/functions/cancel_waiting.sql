-- Cancels what waits of a schedule; what is claimed meanwhile runs.
create or replace function lastgood.cancel_waiting(p_schedule_id bigint, p_reason text)
  returns void
  language sql
  volatile
begin atomic
  update lastgood.execution
  set state = 'CANCELLED', finished_at = clock_timestamp(), reason = p_reason,
    output = jsonb_build_object('status', 'CANCELLED', 'backup_id', backup_id, 'error', p_reason)
  where schedule_id = p_schedule_id and state = 'QUEUED';
end;

comment on function lastgood.cancel_waiting(bigint, text) is
  'Cancels what waits of a schedule, with a reason.';
