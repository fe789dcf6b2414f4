-- The next runs of a pattern after a moment, now where none is given. Raises LG070, LG079
-- for a number or a moment that cannot be.
--
-- SECURITY DEFINER: readers have no right to what tells zones from mere abbreviations.
create or replace function lastgood.preview_runs(
  p_pattern text,
  p_tz      text default 'UTC',
  p_from    timestamptz default null,
  p_count   integer default 5
)
  returns setof timestamptz
  language plpgsql
  stable
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_run timestamptz := coalesce(p_from, lastgood.clock());
  v_tz  text        := lastgood.check_time_zone(p_tz);
begin
  if p_count between 1 and 1000 is not true then
    raise exception 'the number of runs cannot be %', coalesce(p_count::text, 'null')
      using errcode = 'LG079', hint = 'Ask for 1 to 1000.';
  end if;
  if v_run < '1970-01-01T00:00:00Z' or v_run >= '10000-01-01T00:00:00Z' then
    raise exception 'runs cannot be looked for after %', v_run
      using errcode = 'LG079', hint = 'Write a time as 2030-01-31T08:00:00Z.';
  end if;
  for v_number in 1..p_count loop
    v_run := lastgood.next_run(p_pattern, v_tz, v_run);
    exit when v_run is null;
    return next v_run;
  end loop;
end;
$$;

comment on function lastgood.preview_runs(text, text, timestamptz, integer) is
  'The next runs of a cron pattern in a time zone, strictly after a moment.';
