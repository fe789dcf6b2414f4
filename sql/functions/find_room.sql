-- Where a copy that is being written may not lie: the manifests at its provider that stay when it
-- has made room. Changes nothing. Raises LG035, LG053.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.find_room(
  p_backup_copy_id bigint,
  p_token          uuid
)
  returns text[]
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_provider_id bigint := lastgood.own_copy(p_backup_copy_id, p_token);
  v_outgoing    bigint;
  v_keys        text[];
begin
  select lastgood.choose_outgoing(v_provider_id, s.name, b.backup_id)
  into v_outgoing
  from lastgood.backup_copy as c
  join lastgood.backup as b on b.backup_id = c.backup_id
  join lastgood.source as s on s.source_id = b.source_id
  where c.backup_copy_id = p_backup_copy_id;
  select coalesce(array_agg(c.manifest_key order by c.manifest_key), '{}')
  into v_keys
  from lastgood.backup_copy as c
  where c.provider_id = v_provider_id and c.state in ('COMPLETE', 'CORRUPT', 'MISSING')
    and c.backup_copy_id is distinct from v_outgoing;
  return v_keys;
end;
$$;

comment on function lastgood.find_room(bigint, uuid) is
  'The manifests at the provider of a copy that stay when it has made room.';
