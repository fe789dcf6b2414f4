-- A copy is written and read back: it is checksummed, level 2. Raises LG035, LG036 for packs that
-- are not complete.
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
begin
  perform lastgood.own_copy(p_backup_copy_id, p_token);
  perform lastgood.settle_packs(p_backup_copy_id, coalesce(p_packs, '[]'));
  update lastgood.backup_copy as c
  set state = 'COMPLETE', manifest_key = p_manifest_key, manifest_sha256 = p_manifest_sha256,
    manifest_size = p_manifest_size, stored_bytes = p_stored_bytes, proof_level = 2,
    proven_at = clock_timestamp(), last_result = 'ok', last_checked_at = clock_timestamp()
  where c.backup_copy_id = p_backup_copy_id;
end;
$$;

comment on function lastgood.seal_copy(bigint, uuid, text, text, bigint, bigint, jsonb) is
  'Makes a copy COMPLETE that was read back, with its manifest and the packs that it uses.';
