-- The slots of a schedule from its next run up to a moment, oldest first, so many at most; and the
-- one that follows these, where there is one before it ends.
create or replace function lastgood.due_slots(
  p_schedule lastgood.schedule,
  p_until    timestamptz,
  p_limit    integer,
  out slots   timestamptz[],
  out next_at timestamptz
)
  language plpgsql
  stable
  set search_path = pg_catalog, pg_temp
as $$
begin
  slots := '{}';
  next_at := p_schedule.next_run_at;
  while next_at <= p_until and cardinality(slots) < p_limit loop
    slots := slots || next_at;
    next_at := lastgood.next_run(p_schedule.pattern, p_schedule.tz, next_at);
    if next_at > p_schedule.until_at then
      next_at := null;
    end if;
  end loop;
end;
$$;

comment on function lastgood.due_slots(lastgood.schedule, timestamptz, integer) is
  'The slots of a schedule that are due, oldest first, so many at most, and the next one.';
