-- Raises LG035 unless the token is that of a backup that runs. Its row stays locked: whoever takes
-- it over waits for the end of this transaction.
create or replace function lastgood.own_backup(
  p_backup_id bigint,
  p_token     uuid
)
  returns void
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  perform
  from lastgood.backup as b
  where b.backup_id = p_backup_id and b.token = p_token and b.state = 'RUNNING'
  for no key update;
  if not found then
    raise exception 'backup % was taken over, or has ended', p_backup_id
      using errcode = 'LG035', hint = 'Its lease ran out or somebody ended it: start a new backup.';
  end if;
end;
$$;

comment on function lastgood.own_backup(bigint, uuid) is
  'Refuses whoever does not hold the token of a running backup.';
