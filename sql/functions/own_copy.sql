-- As own_backup, for a copy that is being written; returns its provider.
create or replace function lastgood.own_copy(
  p_backup_copy_id bigint,
  p_token          uuid
)
  returns bigint
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_backup_id   bigint;
  v_provider_id bigint;
begin
  select c.backup_id, c.provider_id
  into v_backup_id, v_provider_id
  from lastgood.backup_copy as c
  where c.backup_copy_id = p_backup_copy_id;
  perform lastgood.own_backup(v_backup_id, p_token);
  perform
  from lastgood.backup_copy as c
  where c.backup_copy_id = p_backup_copy_id and c.state = 'RUNNING'
  for no key update;
  if not found then
    raise exception 'copy % of backup % has ended', p_backup_copy_id, v_backup_id
      using errcode = 'LG035', hint = 'It was sealed or given up: nothing can be added to it.';
  end if;
  return v_provider_id;
end;
$$;

comment on function lastgood.own_copy(bigint, uuid) is
  'Refuses whoever does not hold the token of a copy that is being written; returns its provider.';
