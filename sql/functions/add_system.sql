-- Adds a system by hand, so that it is missed even before it reports. Adding one that is known
-- changes nothing but what is given. Raises LG003 for bad scopes, LG005 for a bad period,
-- LG006 for a bad name.
--
-- SECURITY DEFINER: operators add systems here, and not in the table.
create or replace function lastgood.add_system(
  p_fqdn            text,
  p_required_scopes text[] default null,
  p_alert_after     interval default null
)
  returns bigint
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
  set lock_timeout = '5s'
as $$
declare
  v_system_id bigint;
begin
  if p_fqdn is null or char_length(p_fqdn) > 255 then
    raise exception 'a system needs a name of at most 255 characters'
      using errcode = 'LG006', hint = 'Use the name with which it reports, its fqdn.';
  end if;
  -- Reports that would register it, or one of its bucket of names, leave that to the next check.
  perform pg_advisory_xact_lock('lastgood.system'::regclass::integer, hashtext(p_fqdn) & 63);
  insert into lastgood.system (fqdn)
  values (p_fqdn)
  on conflict do nothing
  returning system_id into v_system_id;
  if v_system_id is not null then
    perform lastgood.add_audit_event(
      9111, format('%s added system "%s".', session_user, p_fqdn), p_fqdn
    );
  end if;
  if p_required_scopes is not null then
    perform lastgood.set_required_scopes(p_fqdn, p_required_scopes);
  end if;
  if p_alert_after is not null then
    perform lastgood.set_alert_after(p_fqdn, p_alert_after);
  end if;
  perform lastgood.settle_live_alerts(array[p_fqdn]);
  perform lastgood.settle_live_alerts(null);
  return lastgood.find_system(p_fqdn);
end;
$$;

comment on function lastgood.add_system(text, text[], interval) is
  'Watches a system from now on; returns its id. Null scopes or period follow the config.';
