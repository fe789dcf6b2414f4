-- Refuses a schedule that begins or ends at no time that a calendar has, or ends before it begins:
-- what is computed of these would mislead. Raises LG072, LG073.
create or replace function lastgood.check_schedule_times(p_schedule lastgood.schedule)
  returns void
  language plpgsql
  stable
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_column text := case
    when not isfinite(p_schedule.first_at) then 'first_at'
    when not isfinite(p_schedule.until_at) then 'until_at'
  end;
begin
  if v_column is not null then
    perform lastgood.refuse_schedule(to_jsonb(p_schedule), v_column, null, null);
  elsif p_schedule.until_at < p_schedule.first_at then
    raise exception 'the schedule would never run: it ends at %, before it begins at %',
        lastgood.time_text(p_schedule.until_at), lastgood.time_text(p_schedule.first_at)
      using errcode = 'LG072', hint = 'Let it end later: until_at.';
  end if;
end;
$$;

comment on function lastgood.check_schedule_times(lastgood.schedule) is
  'Refuses a schedule whose first or last time cannot be.';
