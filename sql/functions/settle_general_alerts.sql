-- The alerts that belong to no system: nothing has ever reported, and too many systems report.
create or replace function lastgood.settle_general_alerts()
  returns table (fqdn text, change text, log_type_name text, audit_log_id bigint, message text)
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
  set lock_timeout = '500ms'
as $$
declare
  v_is_checked boolean := (select s.check_period is not null from lastgood.setting as s);
begin
  if not pg_try_advisory_xact_lock('lastgood.audit_log'::regclass::integer, 64) then
    return;
  end if;
  return query
  with wanted as materialized (
    select
      9022 as log_type,
      'There is no full backup available: no system has ever reported one.'
        ' Data is at risk: please run engine-backup, or your own backup tool with a report to'
        ' lastgood, to prevent data loss in case of corruption.' as message
    where v_is_checked
      and not exists (select from lastgood.system as s where s.retired_at is null)
    union all
    select
      9120,
      format(
        'Reports came from %s systems that are not watched, because BackupAutoRegisterLimit is %s;'
          ' their data may be at risk. Raise it, or add them: %s',
        count(distinct a.fqdn), lastgood.get_config_value('BackupAutoRegisterLimit'), min(a.fqdn)
      )
    from lastgood.audit_log as a
    where v_is_checked and a.awaits_system
      and lastgood.get_config_value('BackupAutoRegister') = 'true'
    having count(*) > 0
      and (
        select count(*)
        from lastgood.system as s
        where s.is_self_registered and s.retired_at is null
      ) >= lastgood.get_config_value('BackupAutoRegisterLimit')::integer
  ), ended as (
    update lastgood.audit_log as a
    set deleted = true, ended_at = lastgood.clock()
    where a.severity = 10 and not a.deleted and a.fqdn is null
      and not exists (select from wanted as w where w.log_type = a.log_type)
    returning a.log_type_name, a.audit_log_id, a.message
  ), refreshed as (
    update lastgood.audit_log as a
    set message = w.message, last_seen_at = lastgood.clock()
    from wanted as w
    where a.severity = 10 and not a.deleted and a.fqdn is null and a.log_type = w.log_type
    returning a.log_type
  ), raised as (
    insert into lastgood.audit_log as a
      (log_time, log_type, log_type_name, severity, message, last_seen_at)
    select lastgood.clock(), t.log_type, t.log_type_name, t.severity, w.message, lastgood.clock()
    from wanted as w
    join lastgood.event_type as t on t.log_type = w.log_type
    where w.log_type not in (select r.log_type from refreshed as r)
    returning a.log_type_name, a.audit_log_id, a.message
  )
  select null::text, 'ended', e.log_type_name, e.audit_log_id, e.message
  from ended as e
  union all
  select null::text, 'raised', r.log_type_name, r.audit_log_id, r.message
  from raised as r;
end;
$$;

comment on function lastgood.settle_general_alerts() is
  'Raises, refreshes and ends the alerts that belong to no system; waits for nobody.';
