-- Writes an event and warns the server's log, unless the same was told within the hour: of what is
-- tried again every second.
create or replace function lastgood.tell_hourly(
  p_log_type integer,
  p_message  text,
  p_fqdn     text,
  p_scope    text
)
  returns void
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (
    select
    from lastgood.audit_log as a
    where a.fqdn = p_fqdn and a.log_type = p_log_type and a.message = p_message
      and a.log_time > lastgood.clock() - interval '1 hour'
  ) then
    return;
  end if;
  perform lastgood.add_audit_event(p_log_type, p_message, p_fqdn, p_scope);
  raise warning '%', p_message;
end;
$$;

comment on function lastgood.tell_hourly(integer, text, text, text) is
  'Writes an audit event, unless the same was written within the hour.';
