-- What waits and runs of the schedules of each watched system; none where nothing does. What waits
-- for longer than it should is a warning long before a backup is too old.
create or replace view lastgood.queue_status as
select
  q.fqdn,
  count(*) filter (where q.what = 'unseen') as due,
  count(*) filter (where q.what = 'queued') as queued,
  count(*) filter (where q.what = 'retrying') as retrying,
  count(*) filter (where q.what = 'running') as running,
  min(q.since) as waiting_since,
  max(q.waited) as waited,
  (array_agg(q.schedule order by q.since, q.execution_id) filter (where q.since is not null))[1]
    as waiting_schedule,
  count(*) filter (where q.is_untaken) as untaken,
  min(q.since) filter (where q.is_untaken) as untaken_since,
  max(q.waited) filter (where q.is_untaken) as untaken_for,
  (array_agg(q.schedule order by q.since, q.execution_id) filter (where q.is_untaken))[1]
    as untaken_schedule,
  case
    when setting.check_period is null then 0
    when max(q.waited) filter (where q.is_untaken) > setting.untaken_after then 1
    when max(q.waited) > setting.waiting_after then 1
    else 0
  end as check_status
from (
  select
    w.fqdn, case when w.execution_id is null then 'unseen' else 'queued' end as what, w.schedule,
    w.execution_id, w.since, w.waited, w.is_untaken
  from lastgood.waiting_run as w
  union all
  select
    y.fqdn, case e.state when 'RUNNING' then 'running' else 'retrying' end as what,
    s.name as schedule, e.execution_id, null::timestamptz as since, null::interval as waited,
    false as is_untaken
  from lastgood.execution as e
  join lastgood.schedule as s on s.schedule_id = e.schedule_id
  join lastgood.source as o on o.source_id = s.source_id
  join lastgood.system as y on y.system_id = o.system_id
  where e.state in ('QUEUED', 'RUNNING')
    and (e.state = 'RUNNING' or e.not_before > clock_timestamp())
) as q
join lastgood.system as s on s.fqdn = q.fqdn and s.retired_at is null
cross join lastgood.setting
group by q.fqdn, setting.check_period, setting.untaken_after, setting.waiting_after;

comment on view lastgood.queue_status is
  'What waits and runs of the schedules of each watched system, since when, and whether it is a'
  ' warning.';
