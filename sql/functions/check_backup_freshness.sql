-- Raises, refreshes and ends alerts for every system. Safe at any time, from anywhere, by any
-- number of sessions at once: systems are judged without a lock, and only the alerts that must be
-- written are locked, after their systems were judged again.
--
-- SECURITY DEFINER: operators and schedulers may run it without any right to write alerts.
create or replace function lastgood.check_backup_freshness()
  returns table (fqdn text, change text, log_type_name text, audit_log_id bigint, message text)
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
  set jit = off
as $$
declare
  v_fqdns text[];
begin
  perform lastgood.register_awaited_systems();
  select array_agg(to_settle.fqdn)
  into v_fqdns
  from (
    select s.fqdn
    from lastgood.system_status as s
    where s.alert is not null
    union
    select a.fqdn
    from lastgood.audit_log as a
    where a.severity = 10 and not a.deleted and a.fqdn is not null
  ) as to_settle;
  return query
  select c.fqdn, c.change, c.log_type_name, c.audit_log_id, c.message
  from lastgood.settle_alerts(v_fqdns) as c;
  begin
    update lastgood.last_check as l
    set checked_at = lastgood.clock()
    where l.is_only_row in (
      select k.is_only_row
      from lastgood.last_check as k
      for update skip locked
    );
  exception
    when serialization_failure then
      raise log 'another check has noted its end meanwhile';
  end;
end;
$$;

comment on function lastgood.check_backup_freshness() is
  'Raises and ends alerts for every system; a row per change. Safe at any time from anywhere.';
