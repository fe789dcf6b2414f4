-- A pack of a copy was written and read back. Raises LG035, LG036 for a pack that is not being
-- written by this copy.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.complete_pack(
  p_backup_copy_id bigint,
  p_token          uuid,
  p_name           text,
  p_size_bytes     bigint,
  p_sha256         text,
  p_contents       bytea
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_provider_id bigint := lastgood.own_copy(p_backup_copy_id, p_token);
begin
  if not exists (
    select
    from lastgood.pack as k
    join lastgood.backup_copy_pack as u on u.pack_id = k.pack_id
    where k.provider_id = v_provider_id and k.name = p_name
      and u.backup_copy_id = p_backup_copy_id
  ) then
    raise exception 'pack "%" is not of copy %', p_name, p_backup_copy_id
      using errcode = 'LG036', hint = 'Begin a pack before it is written.';
  end if;
  perform lastgood.fill_pack(v_provider_id, p_name, p_size_bytes, p_sha256, p_contents);
end;
$$;

comment on function lastgood.complete_pack(bigint, uuid, text, bigint, text, bytea) is
  'Makes a pack of this copy COMPLETE, with the index of its contents.';
