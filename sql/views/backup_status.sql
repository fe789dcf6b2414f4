-- The verdict of every scope, computed from the log at every read by a few index probes.
--
-- The newest report answers nearly everything; the other probes run only where it does not: a
-- condition inside a lateral keeps the whole of it from being run, one after "on" does not.
-- What schedules say is dear, for it looks into calendars; only scopes that have some ask.
create or replace view lastgood.backup_status as
with setting as materialized (
  select
    s.now,
    s.stuck_after,
    s.failing_after,
    s.proof_level,
    exists (select from lastgood.schedule as c where c.deleted_at is null) as has_schedules
  from lastgood.setting as s
)
select
  judged.fqdn,
  judged.scope,
  judged.is_required,
  case
    when answer.success_at is null then 'missing'
    when coalesce(
      setting.now > planned.due_at, setting.now - answer.success_at > judged.alert_after
    ) then 'outdated'
    else 'ok'
  end as state,
  case
    when setting.now - answer.open_start_at > setting.stuck_after then 'stuck'
    when answer.is_failing then 'failing'
    when answer.open_start_at is not null then 'running'
    else 'idle'
  end as activity,
  answer.success_at as last_success_at,
  setting.now - answer.success_at as age,
  answer.attempt_at as last_attempt_at,
  answer.is_passed as last_attempt_passed,
  answer.open_start_at as running_since,
  answer.proof_level,
  coalesce(planned.due_at - answer.success_at, judged.alert_after) as alert_after,
  coalesce(
    planned.due_at,
    -- Days of 24 hours and months of 30 days, as intervals are compared; never past all calendars.
    (answer.success_at at time zone 'UTC' + least(
      case when judged.is_period_set
        then judged.alert_after + interval '30 days -1 month' * (
          12 * extract(year from judged.alert_after) + extract(month from judged.alert_after)
        )::integer
        else judged.alert_after
      end,
      '36500000 days'
    )) at time zone 'UTC'
  ) as due_at,
  planned.due_by,
  coalesce(planned.state, 'none') as schedule_state
from setting
cross join lastgood.watched_scope as judged
left join lateral (
  -- Of a fresh scope it is found among a few entries of the index; the second look finds any.
  (
    select a.log_type, a.log_time, a.run_id, a.backup_id
    from lastgood.audit_log as a
    where a.fqdn = judged.fqdn and a.scope = judged.scope and a.done_at is not null
      and a.log_time >= setting.now - least(judged.alert_after, '100 years')
    order by a.log_time desc, a.log_type desc
    limit 1
  )
  union all
  (
    select a.log_type, a.log_time, a.run_id, a.backup_id
    from lastgood.audit_log as a
    where a.fqdn = judged.fqdn and a.scope = judged.scope and a.done_at is not null
    order by a.log_time desc, a.log_type desc
    limit 1
  )
  limit 1
) as newest on true
left join lateral (
  -- A success of another tool without run id closes every start, and where no proof is asked for
  -- there is nothing more to ask.
  select
    newest.log_time as attempt_at,
    true as is_passed,
    newest.log_time as success_at,
    0 as proof_level,
    null::timestamptz as open_start_at,
    false as is_failing
  where newest.log_type = 9025 and newest.run_id is null
    and newest.backup_id is null and setting.proof_level = 0
  union all
  select attempt.at, attempt.is_passed, good.at, good.proof_level, open_start.at, failing.is_so
  from (select) as further
  left join lateral (
    select newest.log_time as at, newest.log_type = 9025 as is_passed, newest.backup_id
    where newest.log_type <> 9024
    union all
    (
      select a.log_time, a.log_type = 9025, a.backup_id
      from lastgood.audit_log as a
      where newest.log_type = 9024
        and a.fqdn = judged.fqdn and a.scope = judged.scope and a.done_at is not null
        and a.log_type between 9025 and 9026
      order by a.log_time desc, a.log_type desc
      limit 1
    )
  ) as attempt on true
  left join lateral (
    select attempt.at, attempt.backup_id
    where attempt.is_passed
    union all
    (
      select l.counts_from, l.backup_id
      from lastgood.engine_backup_log as l
      where not attempt.is_passed
        and l.fqdn = judged.fqdn and l.scope = judged.scope and l.is_passed
      order by l.counts_from desc
      limit 1
    )
  ) as success on true
  left join lateral (
    -- Where the newest is one of ours or proof is asked for, the newest that is good counts.
    select success.at, 0 as proof_level
    where success.at is not null and success.backup_id is null and setting.proof_level = 0
    union all
    (
      select s.counts_from, s.proof_level
      from lastgood.success as s
      where success.backup_id is not null and setting.proof_level = 0
        and s.fqdn = judged.fqdn and s.scope = judged.scope and s.proof_level is not null
      order by s.counts_from desc
      limit 1
    )
    union all
    (
      select s.counts_from, s.proof_level
      from lastgood.success as s
      where success.at is not null and setting.proof_level > 0
        and s.fqdn = judged.fqdn and s.scope = judged.scope
        and s.backup_id is not null and s.proof_level >= setting.proof_level
      order by s.counts_from desc
      limit 1
    )
  ) as good on true
  left join lateral (
    -- At least so many failures since the newest success.
    select count(*) = setting.failing_after as is_so
    from (
      select
      from lastgood.audit_log as a
      where not attempt.is_passed
        and a.fqdn = judged.fqdn and a.scope = judged.scope and a.done_at is not null
        and a.log_type = 9026
        and a.log_time between coalesce(success.at, '-infinity') and attempt.at
      limit setting.failing_after
    ) as failed
  ) as failing on true
  left join lateral (
    -- An end without run id closes every earlier start, one with a run id its own, and any end
    -- closes those that were stuck by then.
    select min(report.log_time) as at
    from (
      select
        a.log_type,
        a.log_time,
        max(a.log_time) filter (where a.log_type <> 9024)
          over (partition by a.run_id collate "C") as own_end_at,
        max(a.log_time) filter (where a.log_type <> 9024 and a.run_id is null)
          over () as any_end_at
      from lastgood.audit_log as a
      where a.fqdn = judged.fqdn and a.scope = judged.scope and a.done_at is not null
        and a.log_time between case
          when attempt.at > 'epoch' then attempt.at - least(setting.stuck_after, '100 years')
          else '-infinity'
        end and newest.log_time
    ) as report
    where (newest.log_type = 9024 or newest.run_id is not null)
      and report.log_type = 9024
      and report.log_time > coalesce(greatest(report.own_end_at, report.any_end_at), '-infinity')
  ) as open_start on true
  where newest.log_type <> 9025 or newest.run_id is not null
    or newest.backup_id is not null or setting.proof_level > 0
) as answer on true
left join lateral (
  -- Only scopes with schedules ask. A period that somebody set for the system goes before them.
  select plan.due_at, plan.due_by, plan.state
  from (
    select s.system_id
    from lastgood.source as s
    join lastgood.schedule as c on c.source_id = s.source_id
    where setting.has_schedules
      and s.system_id = judged.system_id and s.scope = judged.scope
      and s.deleted_at is null and c.deleted_at is null
    limit 1
  ) as scheduled
  cross join lateral lastgood.judge_schedules(
    scheduled.system_id,
    judged.scope,
    case when judged.is_required and not judged.is_period_set then answer.success_at end,
    setting.failing_after
  ) as plan
) as planned on true;

comment on view lastgood.backup_status is
  'The verdict and activity of every required or reported scope of every watched system.';
