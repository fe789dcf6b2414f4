-- Makes the system of a report known, if the config lets systems register themselves.
-- Returns whether the system is known afterwards. Waits for nobody: while another session adds a
-- system of the same bucket of names, this is left to the next check.
create or replace function lastgood.register_system(
  p_fqdn            text,
  p_required_scopes text[] default null
)
  returns boolean
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (select from lastgood.system as s where s.fqdn = p_fqdn) then
    return true;
  end if;
  if not pg_try_advisory_xact_lock(
    'lastgood.system'::regclass::integer, hashtext(p_fqdn) & 63
  ) then
    return false;
  end if;
  if lastgood.get_config_value('BackupAutoRegister') <> 'true' or (
    select count(*)
    from lastgood.system as s
    where s.is_self_registered and s.retired_at is null
  ) >= lastgood.get_config_value('BackupAutoRegisterLimit')::integer then
    return false;
  end if;
  insert into lastgood.system (fqdn, required_scopes, is_self_registered)
  values (p_fqdn, lastgood.tidy_scopes(p_required_scopes), true)
  on conflict do nothing;
  if found then
    perform lastgood.add_audit_event(
      9111, format('System "%s" reported for the first time and is watched now.', p_fqdn), p_fqdn
    );
  end if;
  return true;
end;
$$;

comment on function lastgood.register_system(text, text[]) is
  'Registers the system of a first report where the config allows it; returns whether it is known.';
