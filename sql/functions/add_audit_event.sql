-- Writes one event that is not a report.
create or replace function lastgood.add_audit_event(
  p_log_type integer,
  p_message  text,
  p_fqdn     text default null,
  p_scope    text default null
)
  returns bigint
  language sql
  volatile
begin atomic
  insert into lastgood.audit_log
    (log_time, log_type, log_type_name, severity, message, fqdn, scope)
  select lastgood.clock(), t.log_type, t.log_type_name, t.severity, p_message, p_fqdn, p_scope
  from lastgood.event_type as t
  where t.log_type = p_log_type
  returning audit_log_id;
end;

comment on function lastgood.add_audit_event(integer, text, text, text) is
  'Writes an audit event of a known type that is not a report; returns its id.';
