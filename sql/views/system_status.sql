-- A system is as its worst required scope is.
create or replace view lastgood.system_status as
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
  max(b.alert_after) as alert_after,
  not exists (
    select
    from lastgood.config_value as v
    where v.name = 'BackupCheckPeriodInHours' and v.value = '-1'
  ) as is_checked,
  (select c.checked_at from lastgood.last_check as c) as last_check_at
from lastgood.backup_status as b
where b.is_required
group by b.fqdn;

comment on view lastgood.system_status is
  'The verdict and activity of every watched system: as its worst required scope.';
