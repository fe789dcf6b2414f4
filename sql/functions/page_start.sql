-- Before which time a page of executions begins; all of them do where there is no marker. Raises
-- LG074, LG077: see list_executions.
create or replace function lastgood.page_start(
  p_schedule_id bigint,
  p_marker      bigint
)
  returns timestamptz
  language plpgsql
  stable
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_start timestamptz := timestamptz 'infinity';
begin
  perform lastgood.find_schedule(coalesce(p_schedule_id::text, ''));
  if p_marker is not null then
    select f.listed_at
    into v_start
    from (
      select coalesce(e.slot_at, e.queued_at) as listed_at
      from lastgood.execution as e
      where e.execution_id = p_marker and e.schedule_id = p_schedule_id
      union all
      select d.listed_at
      from lastgood.deleted_execution as d
      where d.schedule_id = p_schedule_id and d.execution_id = p_marker
    ) as f;
    if not found then
      raise exception 'the schedule has no execution %', p_marker
        using errcode = 'LG077', hint = 'Give the last id of the page before.';
    end if;
  end if;
  return v_start;
end;
$$;

comment on function lastgood.page_start(bigint, bigint) is
  'The time at which a page of executions begins.';
