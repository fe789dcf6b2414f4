-- Schedules with what became of their runs. Deleted ones are left out; their executions are not.
create or replace view lastgood.schedule_status as
select
  c.schedule_id,
  c.source_id,
  s.name as source,
  y.fqdn,
  s.scope,
  c.name,
  c.description,
  c.pattern,
  c.tz,
  c.kind,
  c.parent_id,
  c.on_missing_parent,
  c.max_chain,
  c.providers,
  c.is_enabled,
  c.first_at,
  c.until_at,
  c.max_runs,
  c.runs,
  c.overlap,
  c.missed,
  c.missed_cap,
  c.retries,
  c.backoff,
  c.timeout,
  c.grace,
  c.keep_last,
  c.keep_hourly,
  c.keep_daily,
  c.keep_weekly,
  c.keep_monthly,
  c.keep_yearly,
  c.keep_proven,
  c.next_run_at,
  c.created_at,
  c.created_by,
  c.updated_at,
  newest.execution_id as last_execution_id,
  newest.slot_at as last_slot_at,
  newest.state as last_state,
  active.execution_id as running_execution_id,
  good.finished_at as last_success_at,
  failed.runs as consecutive_failures
from lastgood.schedule as c
join lastgood.source as s on s.source_id = c.source_id
join lastgood.system as y on y.system_id = s.system_id
left join lateral (
  select e.execution_id, e.slot_at, e.state
  from lastgood.execution as e
  where e.schedule_id = c.schedule_id
  order by coalesce(e.slot_at, e.queued_at) desc, e.execution_id desc
  limit 1
) as newest on true
left join lateral (
  select e.execution_id
  from lastgood.execution as e
  where e.schedule_id = c.schedule_id and e.state in ('QUEUED', 'RUNNING') and e.state = 'RUNNING'
  order by e.execution_id
  limit 1
) as active on true
left join lateral (
  select e.execution_id, coalesce(e.slot_at, e.queued_at) as listed_at, e.finished_at
  from lastgood.execution as e
  where e.schedule_id = c.schedule_id
    and e.state in ('SUCCESS', 'PARTIAL', 'ERROR', 'INTERRUPTED') and e.state = 'SUCCESS'
  order by coalesce(e.slot_at, e.queued_at) desc, e.execution_id desc
  limit 1
) as good on true
cross join lateral (
  select count(*) as runs
  from lastgood.execution as e
  where e.schedule_id = c.schedule_id
    and e.state in ('SUCCESS', 'PARTIAL', 'ERROR', 'INTERRUPTED')
    and (good.listed_at is null or (coalesce(e.slot_at, e.queued_at), e.execution_id)
      > (good.listed_at, good.execution_id))
) as failed
where c.deleted_at is null;

comment on view lastgood.schedule_status is
  'Every schedule with its newest execution, its last success and how often it failed since.';
