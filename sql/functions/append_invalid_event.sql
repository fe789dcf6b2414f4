-- Keeps a report that cannot count as a warning event, cut to what fits, with everything it said.
create or replace function lastgood.append_invalid_event(
  p_log_type integer,
  p_defect   text,
  p_scope    text,
  p_done_at  timestamptz,
  p_status   integer,
  p_message  text,
  p_fqdn     text,
  p_log_path text,
  p_event_id uuid,
  p_run_id   text
)
  returns bigint
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_id bigint;
begin
  insert into lastgood.audit_log
    (log_time, log_type, log_type_name, severity, message, fqdn, scope, event_id, run_id, log_path)
  select
    clock_timestamp(), t.log_type, t.log_type_name, t.severity,
    format(
      'A report was kept but counts as nothing: %s (scope %s, done_at %s, status %s): %s',
      p_defect, coalesce(quote_literal(left(p_scope, 200)), 'null'),
      coalesce(p_done_at::text, 'null'), coalesce(p_status::text, 'null'), p_message
    ),
    left(p_fqdn, 255), left(p_scope, 64), p_event_id, p_run_id, p_log_path
  from lastgood.event_type as t
  where t.log_type = p_log_type
  on conflict do nothing
  returning audit_log_id into v_id;
  if v_id is null then
    select a.audit_log_id
    into v_id
    from lastgood.audit_log as a
    where a.event_id = p_event_id;
  end if;
  return v_id;
end;
$$;

comment on function lastgood.append_invalid_event(
  integer, text, text, timestamptz, integer, text, text, text, uuid, text
) is 'Keeps a report that cannot count as a warning event; returns its id, for a replay the first.';
