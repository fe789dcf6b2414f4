-- Appends one report and touches no row that another session updates, so that reporters never
-- wait for each other. All that a sound report needs is in one statement, since each further one
-- costs more than what it does; append_nothing sees to the others.
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
  v_id         bigint;
begin
  -- Under serializable a look for duplicates would make two reporters conflict at commit; there
  -- the unique indexes alone decide.
  insert into lastgood.audit_log (
    log_time, log_type, log_type_name, severity, message, fqdn, scope, done_at, run_id, event_id,
    backup_id, log_path, arrived_at, awaits_system
  )
  select
    v_log_time, t.log_type, t.log_type_name, t.severity, p_message, p_fqdn, p_scope, p_done_at,
    p_run_id, p_event_id, p_backup_id, p_log_path, v_arrived_at, s.fqdn is null
  from lastgood.event_type as t
  left join lastgood.system as s on s.fqdn = p_fqdn
  where t.log_type = v_log_type
    and lastgood.event_defect(p_scope, p_done_at, p_status, p_fqdn) is null
    and (s.reporters is null or lastgood.may_report(s.reporters))
    and (
      p_event_id is not null
      or current_setting('transaction_isolation') = 'serializable'
      or not exists (
        select
        from lastgood.audit_log as a
        where a.fqdn = p_fqdn and a.scope = p_scope and a.log_time = v_log_time
          and a.log_type = v_log_type and a.done_at = p_done_at
      )
    )
  on conflict do nothing
  returning audit_log_id into v_id;
  if v_id is null then
    return lastgood.append_nothing(
      p_scope, p_done_at, p_status, p_message, p_fqdn, p_log_path, p_event_id, p_run_id, v_log_type
    );
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
