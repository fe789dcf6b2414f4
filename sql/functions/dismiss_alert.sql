-- Hides a live alert from `lastgood alerts` until a time; the verdict does not change by it.
-- Raises LG008 where no such alert is live, LG009 for a time that is not in the future.
--
-- SECURITY DEFINER: operators dismiss alerts here, and not in the table.
create or replace function lastgood.dismiss_alert(
  p_audit_log_id bigint,
  p_until        timestamptz
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_alert lastgood.audit_log;
begin
  if p_until is null or not isfinite(p_until) or p_until <= lastgood.clock() then
    raise exception 'an alert can be dismissed until a time in the future, not "%"',
        coalesce(p_until::text, 'null')
      using errcode = 'LG009', hint = 'Give a time with its zone, such as 2030-01-31T08:00:00Z.';
  end if;
  update lastgood.audit_log as a
  set dismissed_by = session_user, dismissed_until = p_until
  where a.audit_log_id = p_audit_log_id and a.severity = 10 and not a.deleted
  returning a.fqdn, a.log_type_name
  into v_alert.fqdn, v_alert.log_type_name;
  if not found then
    raise exception 'there is no live alert %', p_audit_log_id
      using errcode = 'LG008', hint = 'Select audit_log_id from lastgood.active_alert.';
  end if;
  perform lastgood.add_audit_event(9114, format(
    '%s dismissed alert %s (%s) until %s.', session_user, p_audit_log_id, v_alert.log_type_name,
    p_until at time zone 'UTC' || ' UTC'
  ), v_alert.fqdn);
end;
$$;

comment on function lastgood.dismiss_alert(bigint, timestamptz) is
  'Hides a live alert from people until a time; the verdict, checks and metrics do not change.';
