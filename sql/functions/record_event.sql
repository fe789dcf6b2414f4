-- The one inner door of all reports. Works in two steps: first the event is appended, touching no
-- row that another session updates, then, in a handler of its own, judged; a failure there loses
-- nothing. Once called, it never raises.
--
-- SECURITY DEFINER: a reporter may append through here and do nothing else.
-- Returns null when nothing was recorded: the caller keeps the event and reports it again.
create or replace function lastgood.record_event(
  p_scope           text,
  p_done_at         timestamptz,
  p_status          integer,
  p_message         text,
  p_fqdn            text,
  p_log_path        text,
  p_event_id        uuid default null,
  p_run_id          text default null,
  p_backup_id       bigint default null,
  p_required_scopes text[] default null
)
  returns bigint
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
  set lock_timeout = '2s'
as $$
declare
  v_arrived_at timestamptz := clock_timestamp();
  v_log_time   timestamptz := least(p_done_at, v_arrived_at);
  v_log_type   integer     := case p_status when 0 then 9024 when 1 then 9025 when -1 then 9026 end;
  v_fqdn       text        := coalesce(p_fqdn, '');
  -- Texts are cut: a row of more than 1 GB, escapes included, would break every pg_dump.
  v_message    text        := left(coalesce(p_message, ''), 1000000);
  v_log_path   text        := left(coalesce(p_log_path, ''), 1000000);
  v_run_id     text        := left(p_run_id, 1000000);
  v_isolation  text        := current_setting('transaction_isolation');
  v_backup_id  bigint;
  v_is_quiet   boolean;
  v_id         bigint;
begin
  begin
    v_backup_id := case when p_backup_id is not null
      then lastgood.own_backup_id(p_backup_id, p_event_id, p_status, v_fqdn, p_scope) end;
    -- All that a sound report needs; append_nothing sees to the others. Under serializable a look
    -- for duplicates would make two reporters conflict at commit: there the unique indexes decide.
    -- A known system without an alert is quiet: there will be nothing to judge.
    insert into lastgood.audit_log as e (
      log_time, log_type, log_type_name, severity, message, fqdn, scope, done_at, run_id, event_id,
      backup_id, log_path, arrived_at, awaits_system
    )
    select
      v_log_time, t.log_type, t.log_type_name, t.severity, v_message, v_fqdn, p_scope, p_done_at,
      v_run_id, p_event_id, v_backup_id, v_log_path, v_arrived_at, s.fqdn is null
    from lastgood.event_type as t
    left join lastgood.system as s on s.fqdn = v_fqdn
    where t.log_type = v_log_type
      and lastgood.event_defect(p_scope, p_done_at, p_status, v_fqdn) is null
      and (v_backup_id is not null or s.reporters is null or lastgood.may_report(s.reporters))
      and (p_event_id is not null or v_isolation = 'serializable' or not exists (
        select
        from lastgood.audit_log as a
        where a.fqdn = v_fqdn and a.scope = p_scope and a.log_time = v_log_time
          and a.log_type = v_log_type and a.done_at = p_done_at
      ))
    on conflict do nothing
    returning e.audit_log_id,
      p_backup_id is not distinct from v_backup_id and not e.awaits_system and not exists (
        select
        from lastgood.audit_log as a
        where a.severity = 10 and not a.deleted and a.fqdn = v_fqdn
      )
    into v_id, v_is_quiet;
    if v_id is null then
      return lastgood.append_nothing(
        p_scope, p_done_at, p_status, v_message, v_fqdn, v_log_path, p_event_id, v_run_id,
        v_log_type
      );
    elsif p_status <> 0 then
      insert into lastgood.engine_backup_log (scope, done_at, is_passed, output_message, fqdn,
        log_path, audit_log_id, counts_from, run_id, backup_id)
      values (p_scope, p_done_at, p_status = 1, v_message, v_fqdn,
        v_log_path, v_id, v_log_time, v_run_id, v_backup_id);
    end if;
  exception
    when others then
      return lastgood.rescue_event(
        sqlstate, sqlerrm, p_scope, p_done_at, p_status, v_message, v_fqdn, v_log_path,
        p_event_id, v_run_id
      );
  end;
  if v_is_quiet or v_isolation not in ('read committed', 'read uncommitted') then
    return v_id;
  end if;
  begin
    if v_backup_id is distinct from p_backup_id then
      perform lastgood.add_audit_event(9102, format(
        'Only sealing names a backup; %s was ignored, the report was kept.', p_backup_id
      ), v_fqdn, p_scope);
    end if;
    perform lastgood.judge_event(v_fqdn, p_required_scopes);
  exception
    when others then
      raise log 'lastgood left judging to the next check: %', sqlerrm;
  end;
  return v_id;
end;
$$;

comment on function lastgood.record_event(
  text, timestamptz, integer, text, text, text, uuid, text, bigint, text[]
) is 'Records one report and judges its system; returns its id, null where it was not kept.';
