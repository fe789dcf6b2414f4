-- What a monitoring plugin says of all systems together. No system at all is critical: nothing has
-- ever reported.
create or replace view lastgood.check_summary as
select
  case
    when setting.check_period is null then 0
    else greatest(coalesce(max(s.check_status), 2), queue.check_status)
  end as check_status,
  count(s.fqdn) as systems,
  count(s.fqdn) filter (where s.state = 'ok') as ok,
  count(s.fqdn) filter (where s.state = 'outdated') as outdated,
  count(s.fqdn) filter (where s.state = 'missing') as missing,
  count(s.fqdn) filter (where s.check_status = 1) as warnings,
  setting.check_period is not null as is_checked,
  setting.last_check_at,
  setting.check_period,
  unwatched.systems as unwatched,
  queue.waiting,
  queue.waiting_since,
  queue.untaken,
  queue.untaken_since,
  queue.running
from lastgood.setting
cross join (
  select count(distinct a.fqdn) as systems
  from lastgood.audit_log as a
  where a.awaits_system
    and not exists (select from lastgood.system as known where known.fqdn = a.fqdn)
) as unwatched
cross join (
  select
    coalesce(sum(q.due + q.queued), 0)::bigint as waiting,
    min(q.waiting_since) as waiting_since,
    coalesce(sum(q.untaken), 0)::bigint as untaken,
    min(q.untaken_since) as untaken_since,
    coalesce(sum(q.running), 0)::bigint as running,
    max(q.check_status) as check_status
  from lastgood.queue_status as q
) as queue
left join lastgood.system_status as s on true
group by setting.check_period, setting.last_check_at, unwatched.systems, queue.waiting,
  queue.waiting_since, queue.untaken, queue.untaken_since, queue.running, queue.check_status;

comment on view lastgood.check_summary is
  'One row: what a monitoring plugin makes of all systems, how many are how, how often they are'
  ' checked, how many report without being watched, and how many runs wait since when.';
