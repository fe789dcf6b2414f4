-- Keeps a restore running for as long again. False where it was taken over or has ended: whoever
-- makes it must stop. Raises LG034 for a lease that cannot be.
--
-- SECURITY DEFINER: operators have no right to the table.
create or replace function lastgood.renew_restore_lease(
  p_restore_id bigint,
  p_token      uuid,
  p_lease      interval default '60 seconds'
)
  returns boolean
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
begin
  update lastgood.restore as r
  set lease_until = lastgood.lease_end(p_lease)
  where r.restore_id = p_restore_id and r.token = p_token and r.state = 'RUNNING';
  return found;
end;
$$;

comment on function lastgood.renew_restore_lease(bigint, uuid, interval) is
  'Renews the lease of a running restore; false where it was taken over or has ended.';
