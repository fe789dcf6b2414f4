-- The first moment after another one at which a local date has one of these times; null for none.
-- What next_run says of repeated and skipped times is done here.
create or replace function lastgood.next_run_on(
  p_date        date,
  p_hours       integer[],
  p_minutes     integer[],
  p_is_elapsing boolean,
  p_tz          text,
  p_after       timestamptz
)
  returns timestamptz
  language plpgsql
  stable
  set search_path = pg_catalog, pg_temp
as $$
declare
  -- Before and after the date, wherever on earth that is.
  v_ahead interval := lastgood.ahead_of_utc(p_date - interval '1 day', p_tz);
  v_later interval := lastgood.ahead_of_utc(p_date + interval '2 days', p_tz);
  v_shift interval := greatest(v_ahead - v_later, v_later - v_ahead);
  v_from  interval := (p_after at time zone 'UTC') + v_ahead - p_date::timestamp;
  v_hour  integer;
  v_best  timestamptz;
begin
  foreach v_hour in array p_hours loop
    continue when make_interval(hours => v_hour + 1) <= v_from - v_shift;
    exit when v_best is not null and make_interval(hours => v_hour) > (
      (v_best at time zone p_tz) - p_date::timestamp + v_shift
    );
    select least(v_best, min(run.instant))
    into v_best
    from unnest(p_minutes) as m(minute)
    cross join lateral (
      select p_date + make_interval(hours => v_hour, mins => m.minute)
    ) as wall(local)
    cross join lateral unnest(case
      when v_shift = interval '0' then array[(wall.local - v_ahead) at time zone 'UTC']
      when p_is_elapsing then lastgood.local_instants(wall.local, p_tz)
      else array[coalesce(
        (lastgood.local_instants(wall.local, p_tz))[1], lastgood.gap_end(wall.local, p_tz)
      )]
    end) as run(instant)
    where run.instant > p_after;
  end loop;
  return v_best;
end;
$$;

comment on function lastgood.next_run_on(date, integer[], integer[], boolean, text, timestamptz) is
  'The first moment after another one at which a local date has one of these times.';
