-- Notes the keys of all manifests at a provider that cannot be read, or of which nothing is known
-- here. They may need any pack that is there: those stay until forget_unreadable hears that all of
-- these manifests are gone.
create or replace function lastgood.note_unreadable(
  p_provider_id bigint,
  p_keys        text[]
)
  returns void
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_keys text[] := array(
    select distinct u.key
    from unnest(p_keys) as u(key)
    where u.key like 'manifests/%'
    order by u.key
  );
begin
  update lastgood.provider as p
  set unreadable = v_keys
  where p.provider_id = p_provider_id;
  update lastgood.pack as k
  set is_held = true
  where k.provider_id = p_provider_id and v_keys <> '{}';
end;
$$;

comment on function lastgood.note_unreadable(bigint, text[]) is
  'Notes which manifests at a provider cannot be read, and holds the packs that they may need.';
