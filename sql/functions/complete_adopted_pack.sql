-- A pack of a repack was written and read back. Raises LG036 for one that is not being written.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.complete_adopted_pack(
  p_provider_id bigint,
  p_name        text,
  p_size_bytes  bigint,
  p_sha256      text,
  p_contents    bytea
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
begin
  if exists (
    select
    from lastgood.pack as k
    join lastgood.backup_copy_pack as u on u.pack_id = k.pack_id
    join lastgood.backup_copy as c on c.backup_copy_id = u.backup_copy_id
    where k.provider_id = p_provider_id and k.name = p_name and c.state = 'RUNNING'
  ) then
    raise exception 'pack "%" is of a backup that runs', p_name
      using errcode = 'LG036', hint = 'Only packs of lastgood.adopt_pack are completed here.';
  end if;
  perform lastgood.fill_pack(p_provider_id, p_name, p_size_bytes, p_sha256, p_contents);
end;
$$;

comment on function lastgood.complete_adopted_pack(bigint, text, bigint, text, bytea) is
  'Makes a pack of a repack COMPLETE, with the index of its contents.';
