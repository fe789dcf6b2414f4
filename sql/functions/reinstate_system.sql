-- Watches a retired system again. Raises LG004 for an unknown system.
--
-- SECURITY DEFINER: operators change systems here, and not in the table.
create or replace function lastgood.reinstate_system(p_fqdn text)
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
  set retired_at = null
  where s.system_id = v_system_id and s.retired_at is not null;
  if found then
    perform lastgood.add_audit_event(
      9111, format('%s reinstated system "%s".', session_user, p_fqdn), p_fqdn
    );
    perform lastgood.settle_live_alerts(array[p_fqdn]);
    perform lastgood.settle_live_alerts(null);
  end if;
end;
$$;

comment on function lastgood.reinstate_system(text) is 'Watches a retired system again.';
