-- When a cron pattern matches next, after a moment and never at it; null where it never does. With
-- an hour field that starts with *, times match as they elapse: both passes of a repeated hour, and
-- nothing in a gap. Else each local time comes once: the first of two passes, and all those in a
-- gap as one run at its end. Raises LG070 for a pattern or time zone that is none.
--
-- SECURITY DEFINER: readers call it through views, and not the functions that it is made of.
create or replace function lastgood.next_run(
  p_pattern text,
  p_tz      text default 'UTC',
  p_after   timestamptz default null
)
  returns timestamptz
  language plpgsql
  stable
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  -- From one 29th of February to the next it may take eight.
  c_years constant integer := 9;
  v_cron       record := lastgood.parse_cron(p_pattern);
  v_after      timestamptz := coalesce(p_after, lastgood.clock());
  v_date       date;
  v_last       date;
  v_is_day     boolean;
  v_is_weekday boolean;
  v_best       timestamptz;
begin
  if not isfinite(v_after) then
    return null;
  end if;
  -- Clocks may be set back over midnight.
  v_date := (v_after at time zone p_tz)::date - 1;
  v_last := v_date + c_years * 366;
  while v_date < v_last loop
    if extract(month from v_date)::integer <> all (v_cron.months) then
      v_date := date_trunc('month', v_date + interval '1 month')::date;
      continue;
    end if;
    v_is_day := extract(day from v_date)::integer = any (v_cron.days);
    v_is_weekday := extract(dow from v_date)::integer = any (v_cron.weekdays);
    if v_is_day and v_is_weekday
      or v_cron.picks_days and v_cron.picks_weekdays and (v_is_day or v_is_weekday)
    then
      v_best := least(v_best, lastgood.next_run_on(
        v_date, v_cron.hours, v_cron.minutes, v_cron.is_elapsing, p_tz, v_after
      ));
    end if;
    -- The first hours of a date may come before the last ones of the date before.
    if v_best is not null then
      v_last := least(v_last, v_date + case when v_cron.is_elapsing then 2 else 1 end);
    end if;
    v_date := v_date + 1;
  end loop;
  return v_best;
exception
  when invalid_parameter_value then
    raise exception 'there is no time zone "%"', p_tz
      using errcode = 'LG070',
        hint = 'Use a name of pg_timezone_names, such as Europe/Oslo or UTC.';
end;
$$;

comment on function lastgood.next_run(text, text, timestamptz) is
  'When a cron pattern matches next in a time zone, strictly after a moment; null for never.';
