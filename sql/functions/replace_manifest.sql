-- After a repack: a copy has another manifest and names other packs, all at once. Raises LG042
-- where somebody restores from the old ones, LG048 where it has changed meanwhile, LG036 for packs
-- that are not complete, or not named by it.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.replace_manifest(
  p_backup_copy_id  bigint,
  p_old_sha256      text,
  p_manifest_key    text,
  p_manifest_sha256 text,
  p_manifest_size   bigint,
  p_packs           jsonb
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_provider_id bigint;
  v_backup_id   bigint;
begin
  select c.provider_id, c.backup_id
  into v_provider_id, v_backup_id
  from lastgood.backup_copy as c
  where c.backup_copy_id = p_backup_copy_id;
  -- Waits for a restore that is being started, and for a dry run.
  perform from lastgood.backup as b where b.backup_id = v_backup_id for no key update;
  if exists (
    select
    from lastgood.restore as r
    where r.backup_copy_id = p_backup_copy_id and r.state = 'RUNNING'
      and r.lease_until > clock_timestamp()
  ) then
    raise exception 'backup % is being restored', v_backup_id
      using errcode = 'LG042', hint = 'Its packs can be rewritten once that has ended.';
  end if;
  perform lastgood.lock_provider(v_provider_id);
  update lastgood.backup_copy as c
  set manifest_key = p_manifest_key, manifest_sha256 = p_manifest_sha256,
    manifest_size = p_manifest_size
  where c.backup_copy_id = p_backup_copy_id and c.state = 'COMPLETE'
    and c.manifest_sha256 = p_old_sha256;
  if not found then
    raise exception 'copy % has changed meanwhile', p_backup_copy_id
      using errcode = 'LG048', hint = 'Read its manifest again, and repeat the repack.';
  end if;
  perform lastgood.settle_packs(p_backup_copy_id, p_packs);
end;
$$;

comment on function lastgood.replace_manifest(bigint, text, text, text, bigint, jsonb) is
  'Gives a copy the manifest and packs of a repack, unless it has changed meanwhile.';
