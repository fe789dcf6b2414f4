-- Says how old the full backup of a system may be; null follows BackupAlertPeriodInDays.
-- Raises LG004 for an unknown system, LG005 for a period that is not positive.
--
-- SECURITY DEFINER: operators change systems here, and not in the table.
create or replace function lastgood.set_alert_after(
  p_fqdn        text,
  p_alert_after interval
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_system_id bigint := lastgood.find_system(p_fqdn);
begin
  if p_alert_after <= interval '0' or not isfinite(p_alert_after) then
    raise exception 'the alert period "%" is not positive', p_alert_after
      using errcode = 'LG005', hint = 'Give an interval such as 36 hours or 2 days.';
  end if;
  update lastgood.system as s
  set alert_after = p_alert_after
  where s.system_id = v_system_id and s.alert_after is distinct from p_alert_after;
  if found then
    perform lastgood.add_audit_event(9112, format(
      '%s set the alert period of "%s" to %s.', session_user, p_fqdn,
      coalesce(p_alert_after::text, 'that of BackupAlertPeriodInDays')
    ), p_fqdn);
    perform lastgood.settle_live_alerts(array[p_fqdn]);
  end if;
end;
$$;

comment on function lastgood.set_alert_after(text, interval) is
  'Sets how old the full backup of a system may be; null follows BackupAlertPeriodInDays.';
