-- What follows from a report once it is safely in the log: its system becomes known and is judged,
-- and alerts that the report answers end at once. What fails here, the next check makes up for.
create or replace function lastgood.judge_event(
  p_fqdn            text,
  p_required_scopes text[]
)
  returns void
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
  set lock_timeout = '500ms'
as $$
declare
  v_was_known boolean := exists (select from lastgood.system as s where s.fqdn = p_fqdn);
  v_is_known  boolean := lastgood.register_system(p_fqdn, p_required_scopes);
begin
  if v_is_known and (not v_was_known or exists (
    select
    from lastgood.audit_log as a
    where a.severity = 10 and not a.deleted and a.fqdn = p_fqdn
  )) then
    perform lastgood.settle_live_alerts(array[p_fqdn]);
  end if;
  -- Only a new system answers an alert that belongs to none.
  if v_is_known and not v_was_known and exists (
    select
    from lastgood.audit_log as a
    where a.severity = 10 and not a.deleted and a.fqdn is null
  ) then
    perform lastgood.settle_live_alerts(null);
  end if;
end;
$$;

comment on function lastgood.judge_event(text, text[]) is
  'Registers the system of a report and settles its alerts; the report itself is recorded already.';
