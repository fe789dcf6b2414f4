-- The first moment after a time that the clocks of a zone skip: when they are set forward past it.
create or replace function lastgood.gap_end(p_local timestamp, p_tz text)
  returns timestamptz
  language plpgsql
  stable
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_before timestamptz := (p_local - interval '2 days') at time zone 'UTC';
  v_after  timestamptz := (p_local + interval '2 days') at time zone 'UTC';
  v_middle timestamptz;
begin
  while v_after - v_before > interval '1 second' loop
    v_middle := date_trunc('second', v_before + (v_after - v_before) / 2);
    if v_middle at time zone p_tz > p_local then
      v_after := v_middle;
    else
      v_before := v_middle;
    end if;
  end loop;
  return v_after;
end;
$$;

comment on function lastgood.gap_end(timestamp, text) is
  'The first moment after a time of day that is skipped when clocks are set forward.';
