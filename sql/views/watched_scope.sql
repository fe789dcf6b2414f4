-- Which scopes are judged: those that a watched system needs, and those that it ever reported.
create or replace view lastgood.watched_scope as
with setting as materialized (
  select s.required_scopes, s.alert_after
  from lastgood.setting as s
)
select
  s.fqdn,
  required.scope,
  true as is_required,
  coalesce(s.alert_after, setting.alert_after) as alert_after,
  s.system_id,
  s.alert_after is not null as is_period_set
from setting
cross join lastgood.system as s
cross join lateral unnest(coalesce(s.required_scopes, setting.required_scopes))
  with ordinality as required(scope, place)
-- Each scope once; else the planner expects ten a system, and compiles longer than it runs.
where s.retired_at is null
  and required.place = array_position(
    coalesce(s.required_scopes, setting.required_scopes), required.scope
  )
union all
select
  s.fqdn,
  seen.scope,
  false,
  coalesce(s.alert_after, setting.alert_after),
  s.system_id,
  s.alert_after is not null
from setting
cross join lastgood.system as s
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
  and array_position(coalesce(s.required_scopes, setting.required_scopes), seen.scope) is null;

comment on view lastgood.watched_scope is
  'Every required or reported scope of every watched system, and how old its backup may be.';
