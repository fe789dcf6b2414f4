-- Sets a config value, tells running workers, and checks at once, so that a longer period or -1
-- ends alerts without a worker. Raises LG001 for an unknown key, LG002 for a bad value.
-- The key is locked first: of two sessions at once the later one records the value it replaced.
--
-- SECURITY DEFINER: operators change values here, under the rules, and not in the table.
create or replace function lastgood.set_config_value(
  p_name  text,
  p_value text
)
  returns text
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_old    text;
  v_new    text;
  v_key    lastgood.config_key;
  v_defect text;
begin
  select k.name, k.type, k.valid_values, k.default_value, k.description
  into v_key
  from lastgood.config_key as k
  where k.name = p_name
  for no key update;
  v_old := lastgood.get_config_value(p_name);
  v_defect := lastgood.config_value_defect(v_key.type, v_key.valid_values, p_value);
  if v_defect is not null then
    raise exception 'cannot set value % to key %', coalesce(quote_literal(p_value), 'null'), p_name
      using errcode = 'LG002', hint = upper(left(v_defect, 1)) || substr(v_defect, 2) || '.';
  end if;
  v_new := case v_key.type
    when 'Integer' then p_value::bigint::text
    when 'ScopeList' then array_to_string(
      lastgood.tidy_scopes(regexp_split_to_array(btrim(p_value), '\s*,\s*')), ','
    )
    else p_value
  end;
  if v_new = v_old then
    return v_new;
  end if;
  insert into lastgood.config_value as v (name, value)
  values (p_name, v_new)
  on conflict (name) do update
    set value = excluded.value, set_at = excluded.set_at, set_by = excluded.set_by;
  perform lastgood.add_audit_event(
    9110, format('%s set %s from "%s" to "%s".', session_user, p_name, v_old, v_new)
  );
  perform pg_notify('lastgood_config', p_name);
  perform lastgood.check_backup_freshness();
  return v_new;
end;
$$;

comment on function lastgood.set_config_value(text, text) is
  'Sets a config value after the rules of its key, records who did, and checks; returns the value.';
