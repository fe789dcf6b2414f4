-- Stops watching a system: its alerts end, its history stays. Raises LG004 for an unknown system.
--
-- SECURITY DEFINER: operators change systems here, and not in the table.
create or replace function lastgood.retire_system(p_fqdn text)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_system_id bigint := lastgood.find_system(p_fqdn);
begin
  update lastgood.system as s
  set retired_at = lastgood.clock()
  where s.system_id = v_system_id and s.retired_at is null;
  if found then
    perform lastgood.add_audit_event(
      9113, format('%s retired system "%s".', session_user, p_fqdn), p_fqdn
    );
    perform lastgood.settle_live_alerts(array[p_fqdn]);
    perform lastgood.settle_live_alerts(null);
  end if;
end;
$$;

comment on function lastgood.retire_system(text) is
  'Stops watching a system: its alerts end, its history stays.';
