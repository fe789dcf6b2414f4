-- Names packs of earlier backups as used by this copy, under the lock under which unneeded ones are
-- claimed, and returns those that it may rely on. Raises LG035, LG054.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.use_packs(
  p_backup_copy_id bigint,
  p_token          uuid,
  p_names          text[]
)
  returns text[]
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_provider_id bigint := lastgood.own_copy(p_backup_copy_id, p_token);
  v_names       text[];
begin
  perform lastgood.lock_provider(v_provider_id);
  with usable as (
    select k.pack_id, k.name
    from lastgood.pack as k
    join lastgood.backup_copy as c on c.backup_copy_id = p_backup_copy_id
    where k.provider_id = v_provider_id and k.name = any (p_names) and k.state = 'COMPLETE'
      and k.suspected_at is null and k.recipients = c.recipients
  ), named as (
    insert into lastgood.backup_copy_pack (backup_copy_id, pack_id)
    select p_backup_copy_id, k.pack_id
    from usable as k
    on conflict do nothing
  )
  select coalesce(array_agg(k.name order by k.name), '{}')
  into v_names
  from usable as k;
  return v_names;
end;
$$;

comment on function lastgood.use_packs(bigint, uuid, text[]) is
  'Names packs as used by this copy; returns those that are still there and can be relied on.';
