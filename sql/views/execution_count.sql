-- How many executions there are in each state: those that wait and run now, and of every other
-- state those that ended within the last hour.
create or replace view lastgood.execution_count as
select known.state, coalesce(seen.executions, 0) as executions
from unnest(array[
  'QUEUED', 'RUNNING', 'SUCCESS', 'PARTIAL', 'ERROR', 'SKIPPED', 'MISSED', 'CANCELLED',
  'INTERRUPTED'
]) with ordinality as known(state, place)
left join (
  select e.state, count(*) as executions
  from lastgood.execution as e
  where e.state in ('QUEUED', 'RUNNING')
  group by e.state
  union all
  select e.state, count(*)
  from lastgood.execution as e
  where e.finished_at > clock_timestamp() - interval '1 hour'
  group by e.state
) as seen on seen.state = known.state
order by known.place;

comment on view lastgood.execution_count is
  'How many executions wait and run, and how many ended within the last hour in each state.';
