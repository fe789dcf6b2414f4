-- Executions with the schedule, the source and the backup that they belong to. They are listed by
-- listed_at and execution_id, newest first: see list_executions.
create or replace view lastgood.execution_status as
select
  e.execution_id,
  e.schedule_id,
  c.name as schedule,
  s.name as source,
  y.fqdn,
  s.scope,
  e.slot_at,
  coalesce(e.slot_at, e.queued_at) as listed_at,
  e.queued_at,
  e.not_before,
  e.started_at,
  e.finished_at,
  e.state,
  e.reason,
  e.attempt,
  e.is_late,
  e.worker,
  e.host,
  e.lease_until as running_until,
  e.started_at + c.timeout as timeout_at,
  e.backup_id,
  b.name as backup,
  b.state as backup_state,
  e.output,
  e.requested_by
from lastgood.execution as e
join lastgood.schedule as c on c.schedule_id = e.schedule_id
join lastgood.source as s on s.source_id = c.source_id
join lastgood.system as y on y.system_id = s.system_id
left join lastgood.backup as b on b.backup_id = e.backup_id;

comment on view lastgood.execution_status is
  'Every execution with its schedule, source and backup.';
