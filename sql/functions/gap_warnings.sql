-- The next time of a pattern, within two years, that the clocks of a zone skip, and what becomes of
-- it; nothing where there is none, or where it runs in every hour.
create or replace function lastgood.gap_warnings(p_pattern text, p_tz text)
  returns setof text
  language sql
  stable
begin atomic
  select format(
    '%s is skipped in %s on %s, when clocks are set forward: it %s',
    to_char(skipped.local, 'HH24:MI'), p_tz, skipped.local::date,
    case when skipped.is_elapsing then 'does not run then'
      else 'runs at ' || to_char(
        lastgood.gap_end(skipped.local, p_tz) at time zone p_tz, 'HH24:MI'
      ) end
  )
  from (
    select wall.local, c.is_elapsing
    from lastgood.parse_cron(p_pattern) as c
    cross join generate_series(0, 731) as day(number)
    cross join lateral (
      select (lastgood.clock() at time zone p_tz)::date + day.number as date
    ) as d
    cross join lateral unnest(c.hours) as h(hour)
    cross join lateral unnest(c.minutes) as m(minute)
    cross join lateral (
      select d.date + make_interval(hours => h.hour, mins => m.minute) as local
    ) as wall
    where not (c.is_elapsing and cardinality(c.hours) = 24)
      and lastgood.ahead_of_utc(d.date - interval '1 day', p_tz)
        < lastgood.ahead_of_utc(d.date + interval '2 days', p_tz)
      and cardinality(lastgood.local_instants(wall.local, p_tz)) = 0
      -- Where no clock is ever set, the same pattern runs at each time on the wall.
      and lastgood.next_run(
        p_pattern, 'UTC', (wall.local - interval '1 second') at time zone 'UTC'
      ) = wall.local at time zone 'UTC'
    order by wall.local
    limit 1
  ) as skipped;
end;

comment on function lastgood.gap_warnings(text, text) is
  'The next time of a cron pattern that the clocks of a zone skip, and what becomes of it.';
