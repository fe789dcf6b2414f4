-- Why an execution that failed is not tried again though an attempt is left; null where none is.
create or replace function lastgood.no_retry_reason(p_execution lastgood.execution)
  returns text
  language sql
  stable
begin atomic
  select 'not tried again: the schedule '
    || case when s.deleted_at is null then 'is disabled' else 'was deleted' end
  from lastgood.schedule as s
  where s.schedule_id = p_execution.schedule_id and p_execution.attempt <= s.retries
    and (s.deleted_at is not null or not s.is_enabled);
end;

comment on function lastgood.no_retry_reason(lastgood.execution) is
  'Why an execution that failed is not tried again though an attempt is left, or null.';
