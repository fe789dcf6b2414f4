-- Manifests that could not be read are at a provider no more; once none is left, packs that only
-- they may have needed can go. Raises LG054.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.forget_unreadable(
  p_provider_id bigint,
  p_keys        text[]
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
begin
  perform lastgood.lock_provider(p_provider_id);
  update lastgood.provider as p
  set unreadable = array(
    select u.key
    from unnest(p.unreadable) as u(key)
    where u.key <> all (p_keys)
    order by u.key
  )
  where p.provider_id = p_provider_id and p.unreadable && p_keys;
  update lastgood.pack as k
  set is_held = false
  where k.provider_id = p_provider_id and k.is_held and exists (
    select
    from lastgood.provider as p
    where p.provider_id = p_provider_id and p.unreadable = '{}'
  );
end;
$$;

comment on function lastgood.forget_unreadable(bigint, text[]) is
  'Notes that manifests which could not be read are at a provider no more.';
