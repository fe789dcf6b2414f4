-- Gives a source other settings. Raises LG025, LG028.
--
-- SECURITY DEFINER: operators change sources here, and not in the table.
create or replace function lastgood.set_source_settings(
  p_name     text,
  p_settings jsonb
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_source_id bigint := lastgood.find_source(p_name);
  v_old       jsonb;
begin
  perform lastgood.check_settings(p_settings);
  select s.settings
  into v_old
  from lastgood.source as s
  where s.source_id = v_source_id
  for no key update;
  update lastgood.source as s
  set settings = p_settings
  where s.source_id = v_source_id;
  perform lastgood.add_audit_event(9130, format(
    '%s changed settings of source "%s": %s.', session_user, p_name, (
      select coalesce(string_agg(k.key, ', ' order by k.key), 'none')
      from (
        select jsonb_object_keys(v_old || p_settings)
      ) as k(key)
      where v_old -> k.key is distinct from p_settings -> k.key
    )
  ), y.fqdn, s.scope)
  from lastgood.source as s
  join lastgood.system as y on y.system_id = s.system_id
  where s.source_id = v_source_id;
end;
$$;

comment on function lastgood.set_source_settings(text, jsonb) is
  'Gives a source other settings.';
