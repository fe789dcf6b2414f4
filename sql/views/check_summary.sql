-- What a monitoring plugin says of all systems together. No system at all is critical: nothing has
-- ever reported.
create or replace view lastgood.check_summary as
select
  case
    when not setting.is_checked then 0
    else coalesce(max(s.check_status), 2)
  end as check_status,
  count(s.fqdn) as systems,
  count(s.fqdn) filter (where s.state = 'ok') as ok,
  count(s.fqdn) filter (where s.state = 'outdated') as outdated,
  count(s.fqdn) filter (where s.state = 'missing') as missing,
  count(s.fqdn) filter (where s.check_status = 1) as warnings,
  setting.is_checked,
  setting.last_check_at
from (
  select
    c.checked_at as last_check_at,
    not exists (
      select
      from lastgood.config_value as v
      where v.name = 'BackupCheckPeriodInHours' and v.value = '-1'
    ) as is_checked
  from lastgood.last_check as c
) as setting
left join lastgood.system_status as s on true
group by setting.is_checked, setting.last_check_at;

comment on view lastgood.check_summary is
  'One row: what a monitoring plugin makes of all systems together, and how many are how.';
