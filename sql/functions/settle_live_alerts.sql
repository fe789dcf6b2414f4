-- Brings stored alerts in line with what is deserved, in one statement: those of these systems or,
-- with null, those that belong to no system.
--
-- An alert that another session is writing is left to it, and counts as it was: nobody waits.
-- Returns what changed; a refresh is no change. Planned once a session, as alert_messages.
create or replace function lastgood.settle_live_alerts(p_fqdns text[])
  returns table (fqdn text, change text, log_type_name text, audit_log_id bigint, message text)
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
  set plan_cache_mode = force_generic_plan
as $$
begin
  return query
  with wanted as materialized (
    select m.fqdn, t.log_type, t.log_type_name, t.severity, m.message
    from (
      select s.fqdn, s.log_type_name, s.message
      from lastgood.alert_messages(p_fqdns) as s
      union all
      select null::text as fqdn, g.log_type_name, g.message
      from lastgood.general_alert_messages() as g
      where p_fqdns is null
    ) as m
    join lastgood.event_type as t on t.log_type_name = m.log_type_name
  ), live as materialized (
    select a.audit_log_id, a.fqdn, a.log_type
    from lastgood.audit_log as a
    where a.severity = 10 and not a.deleted and a.fqdn = any (p_fqdns)
    union all
    select a.audit_log_id, a.fqdn, a.log_type
    from lastgood.audit_log as a
    where a.severity = 10 and not a.deleted and a.fqdn is null and p_fqdns is null
  ), ours as materialized (
    select a.audit_log_id, a.fqdn, a.log_type
    from lastgood.audit_log as a
    where a.audit_log_id in (select l.audit_log_id from live as l) and not a.deleted
    for no key update skip locked
  ), taken as materialized (
    select l.fqdn
    from live as l
    where l.fqdn is not null and l.audit_log_id not in (select o.audit_log_id from ours as o)
  ), ended as (
    -- No alias: minor versions of PostgreSQL write it differently, and functions_hash would change.
    update lastgood.audit_log
    set deleted = true, ended_at = lastgood.clock()
    from ours as o
    where audit_log.audit_log_id = o.audit_log_id
      and not exists (
        select
        from wanted as w
        where w.fqdn is not distinct from o.fqdn and w.log_type = o.log_type
      )
    returning audit_log.fqdn, audit_log.log_type_name, audit_log.audit_log_id, audit_log.message
  ), refreshed as (
    -- Once a minute is enough where the text is the same.
    update lastgood.audit_log
    set message = w.message, last_seen_at = lastgood.clock()
    from ours as o
    join wanted as w on w.fqdn is not distinct from o.fqdn and w.log_type = o.log_type
    where audit_log.audit_log_id = o.audit_log_id
      and (
        audit_log.message <> w.message
        or audit_log.last_seen_at < lastgood.clock() - interval '1 minute'
      )
  ), raised as (
    insert into lastgood.audit_log
      (log_time, log_type, log_type_name, severity, message, fqdn, last_seen_at)
    select
      lastgood.clock(), w.log_type, w.log_type_name, w.severity, w.message, w.fqdn, lastgood.clock()
    from wanted as w
    where not exists (select from taken as t where t.fqdn = w.fqdn)
      and not exists (
        select
        from live as l
        where l.fqdn is not distinct from w.fqdn and l.log_type = w.log_type
      )
    on conflict do nothing
    returning audit_log.fqdn, audit_log.log_type_name, audit_log.audit_log_id, audit_log.message
  )
  select e.fqdn, 'ended' as change, e.log_type_name, e.audit_log_id, e.message
  from ended as e
  union all
  select r.fqdn, 'raised' as change, r.log_type_name, r.audit_log_id, r.message
  from raised as r;
end;
$$;

comment on function lastgood.settle_live_alerts(text[]) is
  'Raises, refreshes and ends the alerts of these systems, with null the general ones.';
