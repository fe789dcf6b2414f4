-- What becomes of a report that was not appended: what cannot count, or comes from a role that the
-- system does not trust, is kept as a warning event; for a duplicate the first one is found.
create or replace function lastgood.append_nothing(
  p_scope    text,
  p_done_at  timestamptz,
  p_status   integer,
  p_message  text,
  p_fqdn     text,
  p_log_path text,
  p_event_id uuid,
  p_run_id   text,
  p_log_type integer
)
  returns bigint
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_defect   text    := lastgood.event_defect(p_scope, p_done_at, p_status, p_fqdn);
  v_log_type integer := 9100;
begin
  if v_defect is null and exists (
    select
    from lastgood.system as s
    where s.fqdn = p_fqdn and s.reporters is not null and not lastgood.may_report(s.reporters)
  ) then
    v_defect := format('role "%s" may not report about this system', session_user);
    v_log_type := 9101;
  end if;
  if v_defect is null then
    return lastgood.find_event(p_event_id, p_fqdn, p_scope, p_done_at, p_log_type);
  end if;
  return lastgood.append_invalid_event(
    v_log_type, v_defect, p_scope, p_done_at, p_status, p_message, p_fqdn, p_log_path, p_event_id,
    p_run_id
  );
end;
$$;

comment on function lastgood.append_nothing(
  text, timestamptz, integer, text, text, text, uuid, text, integer
) is 'Keeps a report that cannot count as a warning event, or finds the one that it repeats.';
