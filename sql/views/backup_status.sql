-- The verdict of every scope, computed from the log at every read. Reads top to bottom:
-- the settings, which scopes are judged, then a few index probes for each of them.
--
-- The newest report answers nearly everything; the other probes run only where it does not.
create or replace view lastgood.backup_status as
with setting as materialized (
  select
    lastgood.clock() as now,
    regexp_split_to_array(
      btrim(max(c.value) filter (where c.name = 'BackupRequiredScopes')), '\s*,\s*'
    ) as required_scopes,
    make_interval(
      days => (max(c.value) filter (where c.name = 'BackupAlertPeriodInDays'))::integer
    ) as alert_after,
    make_interval(
      hours => (max(c.value) filter (where c.name = 'BackupStuckAfterHours'))::integer
    ) as stuck_after,
    (max(c.value) filter (where c.name = 'BackupFailingAfterAttempts'))::integer as failing_after,
    (max(c.value) filter (where c.name = 'BackupRequiredProofLevel'))::integer as proof_level
  from (
    select k.name, coalesce(v.value, k.default_value) as value
    from lastgood.config_key as k
    left join lastgood.config_value as v on v.name = k.name
  ) as c
)
select
  judged.fqdn,
  judged.scope,
  judged.is_required,
  case
    when good.at is null then 'missing'
    when setting.now - good.at > judged.alert_after then 'outdated'
    else 'ok'
  end as state,
  case
    when setting.now - open_start.at > setting.stuck_after then 'stuck'
    when failing.is_so then 'failing'
    when open_start.at is not null then 'running'
    else 'idle'
  end as activity,
  good.at as last_success_at,
  setting.now - good.at as age,
  attempt.at as last_attempt_at,
  attempt.is_passed as last_attempt_passed,
  open_start.at as running_since,
  case when good.at is not null then 0 end as proof_level,
  judged.alert_after
from setting
cross join lateral (
  select
    s.fqdn,
    required.scope,
    true as is_required,
    coalesce(s.alert_after, setting.alert_after) as alert_after
  from lastgood.system as s
  cross join lateral unnest(coalesce(s.required_scopes, setting.required_scopes)) as required(scope)
  where s.retired_at is null
  union all
  select s.fqdn, seen.scope, false, coalesce(s.alert_after, setting.alert_after)
  from lastgood.system as s
  cross join lateral (
    -- Each scope that was ever reported, by one probe a scope.
    with recursive reported(scope) as (
      select min(a.scope)
      from lastgood.audit_log as a
      where a.fqdn = s.fqdn and a.done_at is not null
      union all
      select (
        select min(a.scope)
        from lastgood.audit_log as a
        where a.fqdn = s.fqdn and a.done_at is not null and a.scope > r.scope
      )
      from reported as r
      where r.scope is not null
    )
    select r.scope from reported as r where r.scope is not null
  ) as seen
  where s.retired_at is null
    and seen.scope <> all (coalesce(s.required_scopes, setting.required_scopes))
) as judged
left join lateral (
  select a.log_type, a.log_time, a.run_id
  from lastgood.audit_log as a
  where a.fqdn = judged.fqdn and a.scope = judged.scope and a.done_at is not null
  order by a.log_time desc, a.log_type desc
  limit 1
) as newest on true
left join lateral (
  select a.log_type, a.log_time, a.run_id
  from lastgood.audit_log as a
  where a.fqdn = judged.fqdn and a.scope = judged.scope and a.done_at is not null
    and a.log_type in (9025, 9026)
  order by a.log_time desc, a.log_type desc
  limit 1
) as earlier on newest.log_type = 9024
cross join lateral (
  select
    case when newest.log_type = 9024 then earlier.log_time else newest.log_time end as at,
    case when newest.log_type = 9024 then earlier.log_type else newest.log_type end = 9025
      as is_passed,
    newest.log_type in (9025, 9026) and newest.run_id is null as closes_all
) as attempt
left join lateral (
  select l.counts_from as at
  from lastgood.engine_backup_log as l
  where l.fqdn = judged.fqdn and l.scope = judged.scope and l.is_passed
  order by l.counts_from desc
  limit 1
) as fallback on not attempt.is_passed
cross join lateral (
  select case
    when setting.proof_level > 0 then null
    when attempt.is_passed then attempt.at
    else fallback.at
  end as at
) as good
left join lateral (
  -- An end without run id closes every earlier start, one with a run id its own, and any end
  -- closes those that were stuck by then.
  select min(started.log_time) as at
  from lastgood.audit_log as started
  where started.fqdn = judged.fqdn and started.scope = judged.scope and started.done_at is not null
    and started.log_type = 9024
    and started.log_time >= case
      when attempt.at > 'epoch' then attempt.at - least(setting.stuck_after, '100 years')
      else '-infinity'
    end
    and not exists (
      select
      from lastgood.audit_log as ended
      where ended.fqdn = started.fqdn and ended.scope = started.scope
        and ended.done_at is not null
        and ended.log_type in (9025, 9026)
        and ended.log_time >= started.log_time
        and (ended.run_id is null or ended.run_id = started.run_id)
    )
) as open_start on not coalesce(attempt.closes_all, true)
left join lateral (
  select count(*) = setting.failing_after and bool_and(last.log_type = 9026) as is_so
  from (
    select a.log_type
    from lastgood.audit_log as a
    where a.fqdn = judged.fqdn and a.scope = judged.scope and a.done_at is not null
      and a.log_type in (9025, 9026)
    order by a.log_time desc, a.log_type desc
    limit setting.failing_after
  ) as last
) as failing on not attempt.is_passed;

comment on view lastgood.backup_status is
  'The verdict and activity of every required or reported scope of every watched system.';
