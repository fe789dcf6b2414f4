-- What an alert says of the schedules of a scope: which are disabled, have ended, never ran or
-- failed. Failures are counted up to BackupFailingAfterAttempts. Null where all is well.
--
-- plpgsql, which plans it once a session: others call it often.
create or replace function lastgood.schedule_notes(
  p_fqdn  text,
  p_scope text
)
  returns text
  language plpgsql
  stable
  set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select string_agg(noted.note, '; ' order by noted.name, noted.schedule_id)
    from (
      select
        c.schedule_id,
        c.name,
        case
          when not c.is_enabled then format('its schedule %s is disabled', c.name)
          when recent.failures = 1 then format('the last run of schedule %s failed', c.name)
          when recent.failures > 1
            then format('the last %s runs of schedule %s failed', recent.failures, c.name)
          when c.next_run_at is null then format('its schedule %s has ended', c.name)
          when not recent.has_run then format('its schedule %s never ran', c.name)
        end as note
      from lastgood.system as y
      join lastgood.source as s on s.system_id = y.system_id
      join lastgood.schedule as c on c.source_id = s.source_id
      cross join lateral (
        select
          count(*) filter (where run.failed_in_a_row) as failures,
          count(*) > 0 or exists (
            select
            from lastgood.execution as e
            where e.schedule_id = c.schedule_id
              and e.state in ('QUEUED', 'RUNNING') and e.state = 'RUNNING'
          ) as has_run
        from (
          select bool_and(e.state <> 'SUCCESS')
              over (order by coalesce(e.slot_at, e.queued_at) desc, e.execution_id desc)
              as failed_in_a_row
          from lastgood.execution as e
          where e.schedule_id = c.schedule_id
            and e.state in ('SUCCESS', 'PARTIAL', 'ERROR', 'INTERRUPTED')
          order by coalesce(e.slot_at, e.queued_at) desc, e.execution_id desc
          limit (select setting.failing_after from lastgood.setting)
        ) as run
      ) as recent
      where y.fqdn = p_fqdn and s.scope = p_scope
        and s.deleted_at is null and c.deleted_at is null
    ) as noted
  );
end;
$$;

comment on function lastgood.schedule_notes(text, text) is
  'What an alert says of the schedules of a scope; null where nothing is wrong with them.';
