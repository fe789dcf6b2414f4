-- Raises LG025 for settings that are no object. What they mean, their type's own schema checks.
create or replace function lastgood.check_settings(p_settings jsonb)
  returns void
  language plpgsql
  immutable
  set search_path = pg_catalog, pg_temp
as $$
begin
  if p_settings is null or jsonb_typeof(p_settings) <> 'object' then
    raise exception 'settings are no object: %', coalesce(p_settings::text, 'null')
      using errcode = 'LG025', hint = 'Give keys with values, such as {"path": "/srv/backups"}.';
  end if;
end;
$$;

comment on function lastgood.check_settings(jsonb) is
  'Refuses settings of a source or provider that are no object.';
