-- The one inner door of all reports. Works in two steps: first the event is appended, then, in a
-- handler of its own, judged; a failure there loses nothing. Once called, it never raises.
--
-- SECURITY DEFINER: a reporter may append through here and do nothing else.
-- Returns null when nothing could be recorded: the caller keeps the event and reports it again.
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
  v_fqdn     text := coalesce(p_fqdn, '');
  v_message  text := left(coalesce(p_message, ''), 1000000);
  v_log_path text := left(coalesce(p_log_path, ''), 1000000);
  v_run_id   text := left(p_run_id, 1000000);
  v_id       bigint;
  v_is_quiet boolean;
begin
  -- Texts are cut: a row of more than 1 GB, escapes included, would break every pg_dump.
  begin
    v_id := lastgood.append_event(
      p_scope, p_done_at, p_status, v_message, v_fqdn, v_log_path, p_event_id, v_run_id, null
    );
  exception
    when others then
      v_id := lastgood.rescue_event(
        sqlstate, sqlerrm, p_scope, p_done_at, p_status, v_message, v_fqdn, v_log_path,
        p_event_id, v_run_id
      );
  end;
  if v_id is not null
    and current_setting('transaction_isolation') in ('read committed', 'read uncommitted')
  then
    begin
      -- Mostly the system is known and has no alert: then there is nothing to judge.
      select p_backup_id is null
        and exists (select from lastgood.system as s where s.fqdn = v_fqdn)
        and not exists (
          select
          from lastgood.audit_log as a
          where a.severity = 10 and not a.deleted and a.fqdn = v_fqdn
        )
      into v_is_quiet;
      if v_is_quiet or lastgood.event_defect(p_scope, p_done_at, p_status, v_fqdn) is not null then
        return v_id;
      end if;
      if p_backup_id is not null then
        perform lastgood.add_audit_event(
          9102,
          format('Only sealing names a backup; %s was ignored, the report was kept.', p_backup_id),
          v_fqdn, p_scope
        );
      end if;
      perform lastgood.judge_event(v_fqdn, p_required_scopes);
    exception
      when others then
        raise log 'lastgood left judging to the next check: %', sqlerrm;
    end;
  end if;
  return v_id;
end;
$$;

comment on function lastgood.record_event(
  text, timestamptz, integer, text, text, text, uuid, text, bigint, text[]
) is 'Records one report and judges its system; returns its id, null where it was not kept.';
