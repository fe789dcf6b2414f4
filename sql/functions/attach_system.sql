-- The system of a source that is attached. One that is not known is watched from now on only where
-- its source goes on: of the others nobody wants to be told. Raises LG006.
create or replace function lastgood.attach_system(
  p_fqdn       text,
  p_scope      text,
  p_is_watched boolean
)
  returns bigint
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  if p_fqdn is null or p_fqdn = '' or char_length(p_fqdn) > 255 then
    raise exception 'a system needs a name of at most 255 characters'
      using errcode = 'LG006', hint = 'Use the name with which it reports, its fqdn.';
  end if;
  perform pg_advisory_xact_lock('lastgood.system'::regclass::integer, hashtext(p_fqdn) & 63);
  insert into lastgood.system (fqdn, required_scopes, retired_at)
  values (p_fqdn, array[p_scope], case when not p_is_watched then clock_timestamp() end)
  on conflict (fqdn) do nothing;
  if found and p_is_watched then
    perform lastgood.add_audit_event(
      9111, format('%s attached backups of system "%s".', session_user, p_fqdn), p_fqdn
    );
  end if;
  return lastgood.find_system(p_fqdn);
end;
$$;

comment on function lastgood.attach_system(text, text, boolean) is
  'The id of the system of a source that is attached, made where it is not known.';
