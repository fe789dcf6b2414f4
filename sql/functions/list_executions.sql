-- Executions of a schedule, newest first, after the one that ends the page before; one that was
-- deleted since will do for a month. No limit lists all. Raises LG074, LG077 for a marker that is
-- no execution of this schedule, LG079 for a limit.
--
-- SECURITY DEFINER: readers have no right to what is kept of deleted executions.
create or replace function lastgood.list_executions(
  p_schedule_id bigint,
  p_marker      bigint default null,
  p_limit       integer default null
)
  returns setof lastgood.execution_status
  language sql
  stable
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
begin atomic
  select e
  from lastgood.execution_status as e
  where e.schedule_id = p_schedule_id
    and (e.listed_at, e.execution_id) < (
      lastgood.page_start(p_schedule_id, p_marker), coalesce(p_marker, 0)
    )
  order by e.listed_at desc, e.execution_id desc
  limit lastgood.page_size(p_limit);
end;

comment on function lastgood.list_executions(bigint, bigint, integer) is
  'Executions of a schedule, newest first, a page at a time.';
