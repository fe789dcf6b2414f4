-- Which of these manifests at a provider no copy names any more: those that a repack replaced, or
-- wrote and did not live to put in place. A repack that may still run names packs of which nothing
-- is used yet; what it has written is left alone.
--
-- SECURITY DEFINER: operators have no right to the tables. Raises LG054.
create or replace function lastgood.stale_manifests(
  p_provider_id bigint,
  p_keys        text[]
)
  returns text[]
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_keys text[];
begin
  perform lastgood.lock_provider(p_provider_id);
  select coalesce(array_agg(given.key order by given.key), '{}')
  into v_keys
  from unnest(p_keys) as given(key)
  join lastgood.backup as b on coalesce(b.origin_name, b.name) = case
    when given.key like 'manifests/repacked/%/%' then split_part(given.key, '/', 3)
    else regexp_replace(substr(given.key, length('manifests/') + 1), '\.manifest$', '')
  end
  join lastgood.backup_copy as c on c.backup_id = b.backup_id
  where c.provider_id = p_provider_id and c.state = 'COMPLETE' and c.manifest_key <> given.key
    and not exists (
      select
      from lastgood.backup_copy_pack as u
      where u.backup_copy_id = c.backup_copy_id and u.used_bytes is null
    );
  return v_keys;
end;
$$;

comment on function lastgood.stale_manifests(bigint, text[]) is
  'Those of these manifests at a provider that a repack left and no copy names any more.';
