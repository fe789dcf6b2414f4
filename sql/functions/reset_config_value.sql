-- Puts a key back to its default. Raises LG001 for an unknown key.
--
-- SECURITY DEFINER: as set_config_value, for operators.
create or replace function lastgood.reset_config_value(p_name text)
  returns text
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_value text;
begin
  perform lastgood.get_config_value(p_name);
  select lastgood.set_config_value(k.name, k.default_value)
  into v_value
  from lastgood.config_key as k
  where k.name = p_name;
  delete from lastgood.config_value as v
  where v.name = p_name;
  return v_value;
end;
$$;

comment on function lastgood.reset_config_value(text) is
  'Puts a config key back to its default, with the same record and check; returns the default.';
