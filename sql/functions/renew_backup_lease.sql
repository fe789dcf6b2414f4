-- Keeps a backup running for as long again. False where it was taken over or has ended: whoever
-- makes it must stop. Raises LG034 for a lease that cannot be.
--
-- SECURITY DEFINER: operators have no right to the table.
create or replace function lastgood.renew_backup_lease(
  p_backup_id bigint,
  p_token     uuid,
  p_lease     interval default '60 seconds'
)
  returns boolean
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
begin
  update lastgood.backup as b
  set lease_until = lastgood.lease_end(p_lease)
  where b.backup_id = p_backup_id and b.token = p_token and b.state = 'RUNNING';
  return found;
end;
$$;

comment on function lastgood.renew_backup_lease(bigint, uuid, interval) is
  'Renews the lease of a running backup; false where it was taken over or has ended.';
