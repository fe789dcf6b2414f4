-- Reports that a run failed before it had a backup, whose end would have been reported: a scope
-- that is never backed up shows as failing. Who may not report about the system leaves a warning
-- there.
create or replace function lastgood.report_failure(
  p_execution lastgood.execution,
  p_reason    text
)
  returns void
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (
    select
    from lastgood.backup as b
    where b.backup_id = p_execution.backup_id and b.started_at >= p_execution.started_at
  ) then
    return;
  end if;
  perform lastgood.record_event(
    s.scope, clock_timestamp(), -1,
    format('The run of schedule "%s" failed: %s.', c.name, p_reason), y.fqdn, '',
    gen_random_uuid()
  )
  from lastgood.schedule as c
  join lastgood.source as s on s.source_id = c.source_id
  join lastgood.system as y on y.system_id = s.system_id
  where c.schedule_id = p_execution.schedule_id;
end;
$$;

comment on function lastgood.report_failure(lastgood.execution, text) is
  'Reports a run that failed before it had a backup.';
