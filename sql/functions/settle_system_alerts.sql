-- Brings the stored alerts of systems in line with their verdicts, in one statement.
-- The caller holds the lock of their bucket. Returns what changed; a refresh is no change.
create or replace function lastgood.settle_system_alerts(p_fqdns text[])
  returns table (fqdn text, change text, log_type_name text, audit_log_id bigint, message text)
  language sql
  volatile
begin atomic
  with wanted as materialized (
    select m.fqdn, t.log_type, t.log_type_name, t.severity, m.message
    from lastgood.alert_messages(p_fqdns) as m
    join lastgood.event_type as t on t.log_type_name = m.log_type_name
  ), ended as (
    update lastgood.audit_log as a
    set deleted = true, ended_at = lastgood.clock()
    where a.severity = 10 and not a.deleted and a.fqdn = any (p_fqdns)
      and not exists (
        select
        from wanted as w
        where w.fqdn = a.fqdn and w.log_type = a.log_type
      )
    returning a.fqdn, a.log_type_name, a.audit_log_id, a.message
  ), refreshed as (
    update lastgood.audit_log as a
    set message = w.message, last_seen_at = lastgood.clock()
    from wanted as w
    where a.severity = 10 and not a.deleted and a.fqdn = any (p_fqdns)
      and a.fqdn = w.fqdn and a.log_type = w.log_type
    returning a.fqdn
  ), raised as (
    insert into lastgood.audit_log
      (log_time, log_type, log_type_name, severity, message, fqdn, last_seen_at)
    select
      lastgood.clock(), w.log_type, w.log_type_name, w.severity, w.message, w.fqdn, lastgood.clock()
    from wanted as w
    where w.fqdn not in (select r.fqdn from refreshed as r)
    returning audit_log.fqdn, audit_log.log_type_name, audit_log.audit_log_id, audit_log.message
  )
  select e.fqdn, 'ended' as change, e.log_type_name, e.audit_log_id, e.message
  from ended as e
  union all
  select r.fqdn, 'raised' as change, r.log_type_name, r.audit_log_id, r.message
  from raised as r;
end;

comment on function lastgood.settle_system_alerts(text[]) is
  'Raises, refreshes and ends the alerts of these systems; the caller holds their lock.';
