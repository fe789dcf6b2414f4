-- Writes an event about a schedule, in the log of its system.
create or replace function lastgood.tell_of_schedule(
  p_log_type    integer,
  p_schedule_id bigint,
  p_who         text,
  p_what        text,
  p_why         text default null
)
  returns void
  language sql
  volatile
begin atomic
  select lastgood.add_audit_event(
    p_log_type,
    concat(
      p_who, ' ', p_what, ' schedule "', c.name, '" (', c.schedule_id, ') of source "', s.name, '"',
      ': ' || p_why, '.'
    ),
    y.fqdn, s.scope
  )
  from lastgood.schedule as c
  join lastgood.source as s on s.source_id = c.source_id
  join lastgood.system as y on y.system_id = s.system_id
  where c.schedule_id = p_schedule_id;
end;

comment on function lastgood.tell_of_schedule(integer, bigint, text, text, text) is
  'Writes an audit event about a schedule: who did what with it, and why.';
