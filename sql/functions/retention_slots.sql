-- Which backups of a schedule have a slot by its keep_* settings, as restic forget counts them,
-- each with the place of the setting: of each period the newest one, of the newest periods as many
-- as are kept; where there are fewer, the oldest one stays too. Periods are those of the time zone
-- of the schedule. One that is PARTIAL, or has no good copy, only has slots that are left over.
create or replace function lastgood.retention_slots(p_schedule_id bigint)
  returns table (backup_id bigint, place integer, reason text)
  language sql
  stable
begin atomic
  with own as materialized (
    select
      b.backup_id, b.started_at, b.ended_at, b.is_proven,
      case
        when b.state = 'PARTIAL' then 1
        when b.proof_level is null then 2
        else 0
      end as class
    from lastgood.backup_summary as b
    where b.schedule_id = p_schedule_id and b.state in ('COMPLETE', 'PARTIAL')
  ), rule as (
    select r.place, r.name, r.kept, r.unit, s.tz
    from lastgood.schedule as s
    cross join lateral (
      values
        (1, 'last', s.keep_last, null),
        (2, 'hourly', s.keep_hourly, 'hour'),
        (3, 'daily', s.keep_daily, 'day'),
        (4, 'weekly', s.keep_weekly, 'week'),
        (5, 'monthly', s.keep_monthly, 'month'),
        (6, 'yearly', s.keep_yearly, 'year')
    ) as r(place, name, kept, unit)
    where s.schedule_id = p_schedule_id and r.kept is not null
  ), ranked as (
    select
      o.backup_id, o.ended_at, o.class, r.place, r.name, r.kept,
      row_number() over (
        partition by
          r.place, date_trunc(r.unit, o.started_at, r.tz),
          case when r.unit is null then o.backup_id end
        order by o.class, o.ended_at desc, o.backup_id desc
      ) as in_period
    from own as o
    cross join rule as r
  ), slot as (
    select
      n.backup_id, n.place, n.name, n.kept, n.in_period, n.class,
      row_number() over (
        partition by n.place, n.in_period = 1 order by n.class, n.ended_at desc, n.backup_id desc
      ) as slot,
      count(*) filter (where n.in_period = 1) over (partition by n.place) as periods,
      row_number() over (
        partition by n.place order by n.class, n.ended_at, n.backup_id
      ) as age
    from ranked as n
  )
  select
    s.backup_id, s.place,
    case when s.in_period = 1
      then format('%s %s of %s', s.name, s.slot, s.kept)
      else format('oldest, with %s at %s of %s', s.name, s.periods, s.kept) end
  from slot as s
  where s.in_period = 1 and s.slot <= s.kept
    or s.in_period > 1 and s.age = 1 and s.class = 0 and s.periods < s.kept
  union all
  select p.backup_id, 7, format('proven %s of %s', p.slot, p.keep_proven)
  from (
    select
      o.backup_id, s.keep_proven,
      row_number() over (order by o.ended_at desc, o.backup_id desc) as slot
    from own as o
    join lastgood.schedule as s on s.schedule_id = p_schedule_id
    where o.is_proven
  ) as p
  where p.slot <= p.keep_proven;
end;

comment on function lastgood.retention_slots(bigint) is
  'Which backups of a schedule have a slot by its keep_* settings, and which.';
