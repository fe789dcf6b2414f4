-- A system is as its worst required scope is.
create or replace view lastgood.system_status as
select
  verdict.fqdn,
  verdict.state,
  verdict.activity,
  verdict.last_full_backup_at,
  verdict.age,
  verdict.alert_after,
  setting.check_period is not null as is_checked,
  setting.last_check_at,
  case
    when setting.check_period is null then null
    when verdict.state = 'missing' then 'ENGINE_NO_FULL_BACKUP'
    when verdict.state = 'outdated' then 'ENGINE_NO_WARM_BACKUP'
  end as alert,
  case
    when setting.check_period is null then 0
    when verdict.state <> 'ok' then 2
    when verdict.activity in ('stuck', 'failing') or verdict.is_last_attempt_failed then 1
    -- The clock was set back since: a backup from the future would stay fresh for as long.
    when verdict.age < interval '-1 hour' then 1
    else 0
  end as check_status,
  verdict.due_at
from (
  select
    b.fqdn,
    case
      when bool_or(b.state = 'missing') then 'missing'
      when bool_or(b.state = 'outdated') then 'outdated'
      else 'ok'
    end as state,
    case
      when bool_or(b.activity = 'stuck') then 'stuck'
      when bool_or(b.activity = 'failing') then 'failing'
      when bool_or(b.activity = 'running') then 'running'
      else 'idle'
    end as activity,
    case when count(b.last_success_at) = count(*) then min(b.last_success_at) end
      as last_full_backup_at,
    case when count(b.last_success_at) = count(*) then max(b.age) end as age,
    -- Until the first deadline where a schedule sets one; a scope without a success has none.
    coalesce(
      case when bool_or(b.due_by is not null) and bool_and(b.last_success_at is not null)
        then min(b.due_at) - min(b.last_success_at) end,
      max(b.alert_after) filter (where b.due_by is null)
    ) as alert_after,
    min(b.due_at) as due_at,
    bool_or(not b.last_attempt_passed) as is_last_attempt_failed
  from lastgood.backup_status as b
  where b.is_required
  group by b.fqdn
) as verdict
cross join lastgood.setting;

comment on view lastgood.system_status is
  'The verdict and activity of every watched system: as its worst required scope. alert is the'
  ' event that its state deserves, check_status what a monitoring plugin makes of it: 0, 1 or 2.';
