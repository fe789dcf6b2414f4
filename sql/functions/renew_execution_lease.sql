-- Keeps an execution running for as long again. False where it was taken over, has ended, or is
-- past its timeout: whoever runs it must stop. Raises LG034 for a lease that cannot be.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.renew_execution_lease(
  p_execution_id bigint,
  p_token        uuid,
  p_lease        interval default '30 seconds'
)
  returns boolean
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
begin
  update lastgood.execution as e
  set lease = p_lease, lease_until = lastgood.lease_end(p_lease)
  from lastgood.schedule as s
  where e.execution_id = p_execution_id and e.token = p_token and e.state = 'RUNNING'
    and s.schedule_id = e.schedule_id
    and (e.started_at + s.timeout <= clock_timestamp()) is not true;
  return found;
end;
$$;

comment on function lastgood.renew_execution_lease(bigint, uuid, interval) is
  'Renews the lease of a running execution; false where whoever runs it must stop.';
