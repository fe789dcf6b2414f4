-- Why a run may not be queued beside what a schedule has under way; null where it may. Late runs
-- that are caught up with wait for each other.
--
-- plpgsql, which plans it once a session: others call it often.
create or replace function lastgood.overlap_reason(
  p_schedule  lastgood.schedule,
  p_is_caught boolean
)
  returns text
  language plpgsql
  stable
  set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select format(
      'the run of %s %s',
      coalesce(lastgood.time_text(e.slot_at), lastgood.time_text(e.queued_at) || ' by hand'),
      case e.state when 'RUNNING' then 'goes on' else 'is still to come' end
    )
    from lastgood.execution as e
    where e.schedule_id = p_schedule.schedule_id and e.state in ('QUEUED', 'RUNNING')
      and (p_schedule.overlap = 'skip' or e.state = 'QUEUED')
      and not (p_is_caught and e.is_late)
    order by e.state = 'RUNNING' desc, coalesce(e.slot_at, e.queued_at), e.execution_id
    limit 1
  );
end;
$$;

comment on function lastgood.overlap_reason(lastgood.schedule, boolean) is
  'Why a run may not be queued beside others of its schedule, or null.';
