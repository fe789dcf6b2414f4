-- What waits to run and may: slots that are due and seen by no worker, and executions that wait.
-- is_untaken tells those that no worker takes from those that wait for room. A worker with the
-- labels of a source is there where it runs something with them, or did a moment ago; a provider
-- at which as many run as may explains a wait, too.
create or replace view lastgood.waiting_run as
with usual as materialized (
  -- As default_providers has it, which readers may not call.
  select array_agg(p.name) as providers
  from lastgood.provider as p
  join lastgood.provider_type as t on t.type = p.type
  where t.keeps = 'any' and p.group_name is null
),
running as materialized (
  select o.labels, coalesce(nullif(s.providers, '{}'), usual.providers) as providers
  from lastgood.execution as e
  join lastgood.schedule as s on s.schedule_id = e.schedule_id
  join lastgood.source as o on o.source_id = s.source_id
  cross join usual
  where e.state = 'RUNNING' and e.lease_until > clock_timestamp()
),
reached as materialized (
  select r.labels
  from running as r
  union
  select o.labels
  from lastgood.execution as e
  join lastgood.schedule as s on s.schedule_id = e.schedule_id
  join lastgood.source as o on o.source_id = s.source_id
  where e.finished_at > clock_timestamp() - interval '5 minutes'
    and e.state in ('SUCCESS', 'PARTIAL', 'ERROR')
),
busy as materialized (
  select array_agg(p.name) as providers
  from lastgood.provider as p
  where p.max_running <= (select count(*) from running as r where p.name = any (r.providers))
)
select
  null::bigint as execution_id,
  s.schedule_id,
  s.name as schedule,
  o.name as source,
  y.fqdn,
  s.next_run_at as since,
  lastgood.clock() - s.next_run_at as waited,
  true as is_untaken
from lastgood.schedule as s
join lastgood.source as o on o.source_id = s.source_id
join lastgood.system as y on y.system_id = o.system_id
where s.is_enabled and s.deleted_at is null
  and s.next_run_at < lastgood.clock() - interval '1 minute'
union all
select
  e.execution_id,
  s.schedule_id,
  s.name as schedule,
  o.name as source,
  y.fqdn,
  due.since,
  clock_timestamp() - due.since as waited,
  due.since < clock_timestamp() - interval '1 minute'
    and not exists (select from reached as r where r.labels @> o.labels)
    and (coalesce(nullif(s.providers, '{}'), usual.providers) && busy.providers) is not true
      as is_untaken
from lastgood.execution as e
join lastgood.schedule as s on s.schedule_id = e.schedule_id
join lastgood.source as o on o.source_id = s.source_id
join lastgood.system as y on y.system_id = o.system_id
cross join lateral (select greatest(e.not_before, e.slot_at, e.queued_at) as since) as due
cross join usual
cross join busy
where e.state = 'QUEUED' and due.since <= clock_timestamp();

comment on view lastgood.waiting_run is
  'Every slot that is due and every execution that waits, and whether no worker takes it.';
