-- Says which scopes together make a full backup of a system; null follows BackupRequiredScopes.
-- Raises LG003 for bad scopes, LG004 for an unknown system.
--
-- SECURITY DEFINER: operators change systems here, and not in the table.
create or replace function lastgood.set_required_scopes(
  p_fqdn            text,
  p_required_scopes text[]
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_system_id bigint := lastgood.find_system(p_fqdn);
  v_scopes    text[];
begin
  if p_required_scopes is not null then
    v_scopes := lastgood.check_scopes(p_required_scopes);
  end if;
  update lastgood.system as s
  set required_scopes = v_scopes
  where s.system_id = v_system_id and s.required_scopes is distinct from v_scopes;
  if found then
    perform lastgood.add_audit_event(9112, format(
      '%s set the required scopes of "%s" to %s.', session_user, p_fqdn,
      coalesce(array_to_string(v_scopes, ', '), 'those of BackupRequiredScopes')
    ), p_fqdn);
    perform lastgood.settle_live_alerts(array[p_fqdn]);
  end if;
end;
$$;

comment on function lastgood.set_required_scopes(text, text[]) is
  'Sets which scopes make a full backup of a system; null follows BackupRequiredScopes.';
