-- Appends one report and touches no row that another session updates, so that reporters never
-- wait for each other. What cannot count, or comes from a role that the system does not trust,
-- is kept as a warning event.
create or replace function lastgood.append_event(
  p_scope     text,
  p_done_at   timestamptz,
  p_status    integer,
  p_message   text,
  p_fqdn      text,
  p_log_path  text,
  p_event_id  uuid,
  p_run_id    text,
  p_backup_id bigint
)
  returns bigint
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_defect    text := lastgood.event_defect(p_scope, p_done_at, p_status, p_fqdn);
  v_log_type  integer := 9100;
  v_reporters text[];
  v_is_known  boolean;
begin
  select s.reporters
  into v_reporters
  from lastgood.system as s
  where s.fqdn = p_fqdn;
  v_is_known := found;
  if v_defect is null and v_reporters is not null and not exists (
    select
    from pg_catalog.pg_roles as r
    where r.rolname = any (v_reporters) and pg_has_role(session_user, r.oid, 'member')
  ) then
    v_log_type := 9101;
    v_defect := format('role "%s" may not report about this system', session_user);
  end if;
  if v_defect is not null then
    return lastgood.append_invalid_event(
      v_log_type, v_defect, p_scope, p_done_at, p_status, p_message, p_fqdn, p_log_path,
      p_event_id, p_run_id
    );
  end if;
  return lastgood.append_report(
    p_scope, p_done_at, p_status, p_message, p_fqdn, p_log_path, p_event_id, p_run_id,
    p_backup_id, v_is_known
  );
end;
$$;

comment on function lastgood.append_event(
  text, timestamptz, integer, text, text, text, uuid, text, bigint
) is 'Appends one report, or a warning event where it cannot count; returns the id of the event.';
