-- A copy is written and read back: it is checksummed, level 2. Raises LG035, LG036 for packs that
-- are not complete, or that lie in a copy that was found bad since they were granted.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.seal_copy(
  p_backup_copy_id  bigint,
  p_token           uuid,
  p_manifest_key    text,
  p_manifest_sha256 text,
  p_manifest_size   bigint,
  p_stored_bytes    bigint,
  p_packs           jsonb
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_name text;
begin
  perform lastgood.own_copy(p_backup_copy_id, p_token);
  perform lastgood.settle_packs(p_backup_copy_id, coalesce(p_packs, '[]'));
  select k.name
  into v_name
  from lastgood.backup_copy_pack as u
  join lastgood.pack as k on k.pack_id = u.pack_id
  where u.backup_copy_id = p_backup_copy_id and k.suspected_at is not null
  order by k.pack_id
  limit 1
  for share of k;
  if found then
    raise exception 'pack "%" was found in a bad copy while this one was written', v_name
      using errcode = 'LG036', hint = 'Make the backup again: it stores that content anew.';
  end if;
  update lastgood.backup_copy as c
  set state = 'COMPLETE', manifest_key = p_manifest_key, manifest_sha256 = p_manifest_sha256,
    manifest_size = p_manifest_size, stored_bytes = p_stored_bytes, proof_level = 2,
    proven_at = clock_timestamp(), last_result = 'ok', last_checked_at = clock_timestamp(),
    is_begun = true
  where c.backup_copy_id = p_backup_copy_id;
end;
$$;

comment on function lastgood.seal_copy(bigint, uuid, text, text, bigint, bigint, jsonb) is
  'Makes a copy COMPLETE that was read back, with its manifest and the packs that it uses.';
