-- Writes an event about what somebody did with a run of a schedule, in the log of its system.
create or replace function lastgood.tell_of_execution(
  p_log_type  integer,
  p_execution lastgood.execution,
  p_what      text
)
  returns void
  language sql
  volatile
begin atomic
  select lastgood.tell_of_schedule(p_log_type, p_execution.schedule_id, session_user, format(
    '%s execution %s, of %s, of', p_what, p_execution.execution_id,
    lastgood.time_text(coalesce(p_execution.slot_at, p_execution.queued_at))
  ));
end;

comment on function lastgood.tell_of_execution(integer, lastgood.execution, text) is
  'Writes an audit event about a run of a schedule: who did what with it.';
