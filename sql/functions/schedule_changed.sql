-- Checks a schedule that is written, in plain SQL too, and tells when it runs next; what it forgets
-- so is missed, and what waits is cancelled where it ends. Raises LG021, LG070, LG072, LG073 for
-- another source, and what check_schedule says. A broken one can be disabled; what its parent
-- became is left to its runs.
--
-- SECURITY DEFINER: who may write schedules has no right to what they are checked against.
create or replace function lastgood.schedule_changed()
  returns trigger
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_is_new boolean     := tg_op = 'INSERT';
  v_is_on  boolean     := new.is_enabled and new.deleted_at is null
    and (new.max_runs is null or new.runs < new.max_runs);
  v_next   timestamptz;
  v_ending text        := case
    when v_is_new then null
    when old.deleted_at is null and new.deleted_at is not null then 'the schedule was deleted'
    when old.is_enabled and not new.is_enabled then 'the schedule was disabled'
  end;
begin
  if not v_is_new then
    new.updated_at := clock_timestamp();
    if new.source_id <> old.source_id then
      raise exception 'schedule "%" stays with its source', old.name
        using errcode = 'LG073', hint = 'Its backups are of that one. Add a schedule of the other'
          ' source, and delete this one.';
    end if;
  end if;
  if v_is_new or new.name is distinct from old.name then
    perform lastgood.check_name(new.name);
  end if;
  if v_is_new or new.tz is distinct from old.tz then
    new.tz := lastgood.check_time_zone(new.tz);
  end if;
  if (new.source_id, new.kind, new.parent_id, new.max_chain, new.providers)
    is distinct from (old.source_id, old.kind, old.parent_id, old.max_chain, old.providers)
  then
    perform lastgood.check_schedule(new);
  end if;
  if (new.pattern, new.tz, new.first_at, new.until_at, new.max_runs, new.is_enabled, new.deleted_at)
    is not distinct from (
      old.pattern, old.tz, old.first_at, old.until_at, old.max_runs, old.is_enabled, old.deleted_at
    )
  then
    return new;
  end if;
  if v_is_new
    or (new.first_at, new.until_at) is distinct from (old.first_at, old.until_at)
  then
    perform lastgood.check_schedule_times(new);
  end if;
  if not v_is_new and old.is_enabled and old.deleted_at is null then
    perform lastgood.miss_due(old, coalesce(v_ending, 'the schedule was changed'));
  end if;
  if v_ending is not null then
    perform lastgood.cancel_waiting(new.schedule_id, v_ending);
  end if;
  if v_is_on or (new.pattern, new.tz) is distinct from (old.pattern, old.tz) then
    v_next := lastgood.next_run(new.pattern, new.tz, greatest(
      lastgood.clock(), new.first_at - interval '1 microsecond'
    ));
    if v_next is null then
      raise exception 'the pattern "%" never matches', new.pattern
        using errcode = 'LG072', hint = 'There is no such day: look at day of month and month.';
    end if;
  end if;
  new.next_run_at := case when v_is_on and (v_next > new.until_at) is not true then v_next end;
  if v_is_new and v_is_on and new.next_run_at is null then
    raise exception 'the schedule would never run: it ends at %, before its first run at %',
        new.until_at at time zone 'UTC' || ' UTC', v_next at time zone 'UTC' || ' UTC'
      using errcode = 'LG072', hint = 'Let it end later: until_at.';
  end if;
  return new;
end;
$$;

comment on function lastgood.schedule_changed() is
  'The trigger that checks schedules and tells when they run next.';
