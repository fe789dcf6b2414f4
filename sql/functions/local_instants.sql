-- The moments at which a clock on the wall shows a time: one as a rule, two where it is set back,
-- none where it is set forward past that time.
create or replace function lastgood.local_instants(p_local timestamp, p_tz text)
  returns timestamptz[]
  language sql
  stable
begin atomic
  select array(
    select distinct t.instant
    -- A change of the clocks lies between the day before and the day after.
    from unnest(array[-1, 1]) as side(days)
    cross join lateral (
      select (p_local - lastgood.ahead_of_utc(p_local + make_interval(days => side.days), p_tz))
        at time zone 'UTC'
    ) as t(instant)
    where t.instant at time zone p_tz = p_local
    order by t.instant
  );
end;

comment on function lastgood.local_instants(timestamp, text) is
  'The moments at which a clock in a time zone shows a time: none, one or two.';
