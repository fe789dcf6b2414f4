-- Which backups of a schedule somebody needs, whatever its keep_* settings say: it keeps them all,
-- or no newer one is COMPLETE with a good copy, or they are held, being restored, the last good or
-- the newest proven one of their source, or a schedule or others that stay for good build on them.
create or replace function lastgood.retention_needs(p_schedule_id bigint)
  returns table (backup_id bigint, place integer, reason text)
  language sql
  stable
begin atomic
  with schedule as (
    select
      s.source_id,
      num_nonnulls(
        s.keep_last, s.keep_hourly, s.keep_daily, s.keep_weekly, s.keep_monthly, s.keep_yearly
      ) = 0 as keeps_all
    from lastgood.schedule as s
    where s.schedule_id = p_schedule_id
  ), newest as (
    select b.backup_id, b.ended_at
    from lastgood.backup_summary as b
    where b.schedule_id = p_schedule_id and b.state = 'COMPLETE' and b.proof_level is not null
    order by b.ended_at desc, b.backup_id desc
    limit 1
  )
  select b.backup_id, r.place, r.reason
  from schedule as s
  join lastgood.backup as b on b.schedule_id = p_schedule_id and b.state in ('COMPLETE', 'PARTIAL')
  left join newest as n on true
  left join lateral (
    select g.backup_id
    from lastgood.backup_summary as g
    where g.source_id = s.source_id and g.is_good
    order by g.ended_at desc, g.backup_id desc
    limit 1
  ) as good on true
  left join lateral (
    select g.backup_id
    from lastgood.backup_summary as g
    where g.source_id = s.source_id and g.is_proven
    order by g.ended_at desc, g.backup_id desc
    limit 1
  ) as proven on true
  cross join lateral (
    values
      (-1, s.keeps_all, 'its schedule keeps all of them'),
      (0, b.backup_id = n.backup_id, 'newest'),
      (0, n.backup_id is null, 'no newer one is complete'),
      (0, (b.ended_at, b.backup_id) > (n.ended_at, n.backup_id),
       'younger than the newest complete one'),
      (10, b.held_at is not null, 'held by ' || b.held_by || coalesce(': ' || b.hold_reason, '')),
      (11, b.backup_id = good.backup_id, 'the last good one of its source'),
      (12, b.backup_id = proven.backup_id, 'the newest proven one of its source'),
      (13, exists (
        select
        from lastgood.restore as o
        where o.backup_id = b.backup_id and o.state = 'RUNNING'
          and o.lease_until > clock_timestamp()
      ), 'is being restored')
  ) as r(place, is_so, reason)
  where r.is_so
  union all
  select b.backup_id, 14, format('the base of "%s"', c.name)
  from lastgood.backup as b
  join lastgood.backup as c on c.parent_id = b.backup_id
  where b.schedule_id = p_schedule_id and b.state in ('COMPLETE', 'PARTIAL')
    and c.schedule_id is distinct from p_schedule_id
    and c.state not in ('FAILED', 'DELETED', 'DELETING')
  union all
  select b.backup_id, 14, format('the base of "%s"', c.name)
  from lastgood.backup as b
  join lastgood.backup as c on c.parent_id = b.backup_id
  where b.schedule_id = p_schedule_id and b.state in ('COMPLETE', 'PARTIAL')
    and c.schedule_id = p_schedule_id and c.state = 'RUNNING'
  union all
  select b.backup_id, 15, format('schedule "%s" builds on it', c.name)
  from lastgood.backup as b
  join lastgood.schedule as c on c.parent_id = b.backup_id and c.deleted_at is null
  where b.schedule_id = p_schedule_id and b.state in ('COMPLETE', 'PARTIAL');
end;

comment on function lastgood.retention_needs(bigint) is
  'Which backups of a schedule somebody needs, and why.';
