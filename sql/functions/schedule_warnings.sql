-- What people should know of a pattern before they rely on it; nothing where all is well. Raises
-- LG070.
--
-- SECURITY DEFINER: readers have no right to the tables.
create or replace function lastgood.schedule_warnings(
  p_pattern   text,
  p_tz        text default 'UTC',
  p_source_id bigint default null
)
  returns setof text
  language plpgsql
  stable
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_tz    text   := lastgood.check_time_zone(p_tz);
  v_cron  record := lastgood.parse_cron(p_pattern);
  v_least interval;
  v_usual interval;
begin
  if v_cron.picks_days and not v_cron.picks_weekdays and exists (
    select
    from unnest(v_cron.months) as m(month)
    where v_cron.days[1] > extract(day from make_date(2023, m.month, 1) + interval '1 month -1 day')
  ) then
    return next format(
      'it skips months, or years, that have no day %s', array_to_string(v_cron.days, ', ')
    );
  end if;
  return query
  select w.text from lastgood.gap_warnings(p_pattern, v_tz) as w(text);
  select min(r.run - r.before)
  into v_least
  from (
    select p.run, lag(p.run) over (order by p.run) as before
    from lastgood.preview_runs(p_pattern, v_tz, null, 20) as p(run)
  ) as r;
  select percentile_cont(0.5) within group (order by b.ended_at - b.started_at)
  into v_usual
  from (
    select n.ended_at, n.started_at
    from lastgood.backup as n
    where n.source_id = p_source_id and n.state = 'COMPLETE' and n.attached_at is null
    order by n.backup_id desc
    limit 10
  ) as b;
  if v_usual > v_least then
    return next format(
      'it runs every %s, and a backup of this source takes %s as a rule', v_least,
      date_trunc('second', v_usual)
    );
  end if;
end;
$$;

comment on function lastgood.schedule_warnings(text, text, bigint) is
  'What people should know of a cron pattern: days that months lack, skipped times, haste.';
