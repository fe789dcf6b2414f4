-- What may keep lastgood from telling the truth, found out from inside the database.
-- outcome: ok, warning or failed. Every row that is not ok has a hint.
--
-- Literals have names: without them a dump and restore would not give the same function, see
-- functions_hash.
create or replace function lastgood.diagnose()
  returns table (subject text, outcome text, detail text, hint text)
  language sql
  stable
begin atomic
  select
    'functions' as subject,
    case when c.functions_hash = lastgood.functions_hash() then 'ok' else 'warning' end as outcome,
    'functions as installed on '
      || to_char(c.applied_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI UTC') as detail,
    'Somebody changed a function since, or who may call it. Put them back:'
      ' delete from lastgood.code_layer; lastgood install' as hint
  from lastgood.code_layer as c
  union all
  select 'server' as subject,
    case when pg_is_in_recovery() or s.is_read_only then 'failed' else 'ok' end,
    format('PostgreSQL %s, %s', current_setting('server_version'),
      case when pg_is_in_recovery() or s.is_read_only then 'read-only' else 'writable' end),
    'Reports cannot be recorded here. Let reporters connect to the primary.' as hint
  from (select current_setting('default_transaction_read_only') = 'on' as is_read_only) as s
  union all
  select 'freshness check' as subject,
    case
      when not s.is_checked then 'ok'
      when s.last_check_at is null
        or (lastgood.clock() - s.last_check_at) / 2 > s.check_period then 'warning'
      else 'ok'
    end,
    case
      when not s.is_checked then 'off: BackupCheckPeriodInHours is -1'
      else 'last run: ' || coalesce(
        to_char(s.last_check_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS UTC'), 'never'
      )
    end,
    'Start a worker (lastgood work), or call lastgood.check_backup_freshness() from crontab or'
      ' pg_cron.' as hint
  from lastgood.check_summary as s
  union all
  select r.subject, r.outcome, r.detail, r.hint
  from lastgood.diagnose_roles() as r
  union all
  select c.subject, c.outcome, c.detail, c.hint
  from lastgood.diagnose_schedules() as c
  union all
  select p.subject, p.outcome, p.detail, p.hint
  from lastgood.diagnose_providers() as p
  union all
  select 'unknown systems' as subject, 'warning' as outcome,
    format(
      '%s systems report and are not watched, such as "%s"', count(distinct a.fqdn), min(a.fqdn)
    ),
    'Raise BackupAutoRegisterLimit, switch BackupAutoRegister on, or run: lastgood system add FQDN'
      as hint
  from lastgood.audit_log as a
  where a.awaits_system and not exists (select from lastgood.system as s where s.fqdn = a.fqdn)
  having count(*) > 0
  union all
  select 'system ' || s.fqdn, 'warning' as outcome, 'is retired, and reported since' as detail,
    'If it is back: lastgood system reinstate ' || s.fqdn
  from lastgood.system as s
  where exists (
    select
    from lastgood.audit_log as a
    where a.fqdn = s.fqdn and a.done_at is not null and a.arrived_at > s.retired_at
  )
  union all
  select 'reports' as subject, 'warning' as outcome,
    format('%s reports of the last day count as nothing', count(*)),
    'See why: lastgood events --type LASTGOOD_INVALID_EVENT (or LASTGOOD_UNTRUSTED_EVENT)' as hint
  from lastgood.audit_log as a
  where a.log_time > lastgood.clock() - interval '1 day' and a.log_type in (9100, 9101)
  having count(*) > 0
  union all
  select
    format('function %I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)),
    'warning' as outcome,
    'another function of this name: scripts call it where its schema comes first' as detail,
    'Let lastgood_report be first on the search_path of every reporter:'
      ' lastgood grant ROLE --as reporter' as hint
  from pg_catalog.pg_proc as p
  join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
  where p.proname in ('logenginebackupevent', 'log_engine_backup_event')
    and n.nspname <> 'lastgood_report';
end;

comment on function lastgood.diagnose() is
  'What may keep lastgood from telling the truth, a row a subject, with a hint for what is not ok.';
