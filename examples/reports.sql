-- Reports for people and dashboards; every reader may run them: psql -f reports.sql

-- Systems at risk now, worst first.
select
  s.fqdn,
  s.state,
  s.last_full_backup_at,
  date_trunc('second', s.age) as age,
  s.alert_after as allowed,
  string_agg(b.scope || ' ' || b.state, ', ' order by b.scope) filter (where b.state <> 'ok') as scopes
from lastgood.system_status as s
join lastgood.backup_status as b on b.fqdn = s.fqdn and b.is_required
where s.state <> 'ok'
group by s.fqdn, s.state, s.last_full_backup_at, s.age, s.alert_after
order by s.age desc nulls first, s.fqdn;

-- The last 30 days: success rate of all attempts, and the longest time that any required scope went
-- without a new success. A gap counts in full where it ended, or lasted, within the 30 days.
with setting as (
  select lastgood.clock() as now, lastgood.clock() - interval '30 days' as since
), attempt as (
  select
    l.fqdn,
    count(*) as attempts,
    count(*) filter (where l.is_passed) as successes
  from setting
  join lastgood.engine_backup_log as l on l.counts_from > setting.since
  join lastgood.backup_status as b on b.fqdn = l.fqdn and b.scope = l.scope and b.is_required
  group by l.fqdn
), success as (
  select
    l.fqdn,
    l.counts_from as good_at,
    lead(l.counts_from, 1, setting.now) over (
      partition by l.fqdn, l.scope order by l.counts_from
    ) as next_good_at
  from setting
  cross join lastgood.engine_backup_log as l
  join lastgood.backup_status as b on b.fqdn = l.fqdn and b.scope = l.scope and b.is_required
  where l.is_passed
), gap as (
  select s.fqdn, max(s.next_good_at - s.good_at) as longest
  from success as s
  join setting on s.next_good_at > setting.since
  group by s.fqdn
)
select
  s.fqdn,
  coalesce(a.attempts, 0) as attempts,
  coalesce(a.successes, 0) as successes,
  round(100.0 * a.successes / a.attempts, 1) as success_percent,
  date_trunc('second', g.longest) as longest_gap
from lastgood.system_status as s
left join attempt as a on a.fqdn = s.fqdn
left join gap as g on g.fqdn = s.fqdn
order by success_percent nulls first, longest_gap desc nulls first, s.fqdn;

-- Time between backups, over all that is in the log: the worst is the most that could have been lost
-- (worst RPO). The time since the newest success counts as well.
with success as (
  select
    l.fqdn,
    l.scope,
    l.counts_from as good_at,
    lead(l.counts_from, 1, lastgood.clock()) over (
      partition by l.fqdn, l.scope order by l.counts_from
    ) - l.counts_from as gap
  from lastgood.engine_backup_log as l
  where l.is_passed
)
select
  s.fqdn,
  s.scope,
  count(*) as successes,
  date_trunc('second', percentile_cont(0.5) within group (order by s.gap)) as usual_gap,
  date_trunc('second', max(s.gap)) as worst_gap,
  (array_agg(s.good_at order by s.gap desc))[1] as worst_gap_began_at
from success as s
group by s.fqdn, s.scope
order by worst_gap desc, s.fqdn, s.scope;

-- The last failures with what was said, and whether a success came since.
select
  a.log_time,
  a.fqdn,
  a.scope,
  coalesce(b.last_success_at > a.log_time, false) as has_succeeded_since,
  a.message,
  a.log_path
from lastgood.audit_log as a
left join lastgood.backup_status as b on b.fqdn = a.fqdn and b.scope = a.scope
where a.log_type_name = 'ENGINE_BACKUP_FAILED'
order by a.log_time desc
limit 20;
