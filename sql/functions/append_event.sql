-- Appends one report and touches no row that another session updates, so that reporters never
-- wait for each other. What cannot count, or comes from a role that the system does not trust,
-- is kept as a warning event. One function for all of it: every further call would cost a report
-- more than what it does.
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
  v_arrived_at timestamptz := clock_timestamp();
  v_log_time   timestamptz := least(p_done_at, v_arrived_at);
  v_log_type   integer     := case p_status when 0 then 9024 when 1 then 9025 when -1 then 9026 end;
  v_defect     text        := lastgood.event_defect(p_scope, p_done_at, p_status, p_fqdn);
  v_reporters  text[];
  v_is_known   boolean;
  v_id         bigint;
begin
  select s.reporters
  into v_reporters
  from lastgood.system as s
  where s.fqdn = p_fqdn;
  v_is_known := found;
  if v_defect is not null or v_reporters is not null and not lastgood.may_report(v_reporters) then
    return lastgood.append_invalid_event(
      case when v_defect is null then 9101 else 9100 end,
      coalesce(v_defect, format('role "%s" may not report about this system', session_user)),
      p_scope, p_done_at, p_status, p_message, p_fqdn, p_log_path, p_event_id, p_run_id
    );
  end if;
  -- Under serializable a look for duplicates would make two reporters conflict at commit; there
  -- the unique indexes alone decide.
  if p_event_id is null and current_setting('transaction_isolation') <> 'serializable' then
    select a.audit_log_id
    into v_id
    from lastgood.audit_log as a
    where a.fqdn = p_fqdn and a.scope = p_scope and a.log_time = v_log_time
      and a.log_type = v_log_type and a.done_at = p_done_at
    limit 1;
    if found then
      return v_id;
    end if;
  end if;
  insert into lastgood.audit_log (
    log_time, log_type, log_type_name, severity, message, fqdn, scope, done_at, run_id, event_id,
    backup_id, log_path, arrived_at, awaits_system
  )
  select
    v_log_time, t.log_type, t.log_type_name, t.severity, p_message, p_fqdn, p_scope, p_done_at,
    p_run_id, p_event_id, p_backup_id, p_log_path, v_arrived_at, not v_is_known
  from lastgood.event_type as t
  where t.log_type = v_log_type
  on conflict do nothing
  returning audit_log_id into v_id;
  if v_id is null then
    return lastgood.find_event(p_event_id, p_fqdn, p_scope, p_done_at, v_log_type);
  elsif p_status <> 0 then
    insert into lastgood.engine_backup_log (
      scope, done_at, is_passed, output_message, fqdn, log_path, audit_log_id, counts_from,
      run_id, backup_id
    )
    values (
      p_scope, p_done_at, p_status = 1, p_message, p_fqdn, p_log_path, v_id, v_log_time,
      p_run_id, p_backup_id
    );
  end if;
  return v_id;
end;
$$;

comment on function lastgood.append_event(
  text, timestamptz, integer, text, text, text, uuid, text, bigint
) is 'Appends one report, or a warning event where it cannot count; returns the id of the event.';
