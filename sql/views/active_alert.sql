-- A stored alert is shown only while the verdict still says so.
create or replace view lastgood.active_alert as
select
  a.audit_log_id,
  a.log_type_name,
  a.fqdn,
  a.message,
  a.log_time as raised_at,
  a.last_seen_at,
  a.dismissed_by,
  a.dismissed_until,
  coalesce(a.dismissed_until > lastgood.clock(), false) as is_dismissed
from lastgood.audit_log as a
left join lateral (
  select v.alert
  from lastgood.system_status as v
  where v.fqdn = a.fqdn
  limit 1
) as s on true
where a.severity = 10
  and not a.deleted
  and case
    when a.fqdn is not null then s.alert = a.log_type_name
    when a.log_type_name = 'LASTGOOD_TOO_MANY_SYSTEMS' then exists (
      select
      from lastgood.audit_log as waiting
      where waiting.awaits_system
    )
    else not exists (
      select
      from lastgood.system as known
      where known.retired_at is null
    )
  end;

comment on view lastgood.active_alert is
  'Live alerts whose condition still holds; dismissed ones are here too, with who and until when.';
