-- Adds something that lastgood backs up. A system that is not known yet starts with this scope
-- alone; to a known one the scope is added where it is not required already. Raises LG003 for the
-- scope, LG006 for the system, LG020 for an unknown type, LG021, LG022 and LG025,
-- LG071 for labels.
--
-- SECURITY DEFINER: operators add sources here, and not in the table.
create or replace function lastgood.add_source(
  p_name     text,
  p_type     text,
  p_fqdn     text,
  p_scope    text,
  p_settings jsonb default '{}',
  p_labels   text[] default '{}'
)
  returns bigint
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_scopes    text[] := lastgood.check_scopes(array[p_scope]);
  v_required  text[];
  v_source_id bigint;
begin
  perform lastgood.check_name(p_name);
  perform lastgood.check_settings(p_settings);
  if not exists (select from lastgood.source_type as t where t.type = p_type) then
    raise exception 'there is no source type "%"', p_type
      using errcode = 'LG020', hint = 'Select the types from lastgood.source_type.';
  end if;
  -- Of two sources of a system at once, the later one sees the scope of the first.
  perform pg_advisory_xact_lock(
    'lastgood.system'::regclass::integer, hashtext(coalesce(p_fqdn, '')) & 63
  );
  select coalesce(s.required_scopes, setting.required_scopes)
  into v_required
  from lastgood.system as s
  cross join lastgood.setting
  where s.fqdn = p_fqdn;
  if v_required is null then
    perform lastgood.add_system(p_fqdn, v_scopes);
  elsif p_scope <> all (v_required) then
    perform lastgood.set_required_scopes(p_fqdn, v_required || p_scope);
  end if;
  insert into lastgood.source (name, type, system_id, scope, settings, labels)
  values (
    p_name, p_type, lastgood.find_system(p_fqdn), p_scope, p_settings,
    lastgood.check_labels(p_labels)
  )
  on conflict (name) where deleted_at is null do nothing
  returning source_id into v_source_id;
  if v_source_id is null then
    raise exception 'there is a source "%" already', p_name
      using errcode = 'LG022', hint = 'Choose another name.';
  end if;
  perform lastgood.reinstate_system(p_fqdn);
  perform lastgood.add_audit_event(9116, format(
    '%s added source "%s" of type %s.', session_user, p_name, p_type
  ), p_fqdn, p_scope);
  return v_source_id;
end;
$$;

comment on function lastgood.add_source(text, text, text, text, jsonb, text[]) is
  'Adds something that lastgood backs up; its system is watched from now on. Returns its id.';
