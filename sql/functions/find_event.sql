-- The report that a duplicate repeats: by its event_id or, without one, by what it says. One of a
-- helper, with an event_id, is repeated by a plain report that says the same.
create or replace function lastgood.find_event(
  p_event_id uuid,
  p_fqdn     text,
  p_scope    text,
  p_done_at  timestamptz,
  p_log_type integer
)
  returns bigint
  language sql
  stable
begin atomic
  select coalesce(
    (
      select a.audit_log_id
      from lastgood.audit_log as a
      where a.event_id = p_event_id
    ),
    (
      select a.audit_log_id
      from lastgood.audit_log as a
      where p_event_id is null and a.event_id is null and a.done_at is not null
        and a.fqdn = p_fqdn and a.scope = p_scope and a.done_at = p_done_at
        and a.log_type = p_log_type
    ),
    (
      select min(a.audit_log_id)
      from lastgood.audit_log as a
      where p_event_id is null and a.done_at is not null
        and a.fqdn = p_fqdn and a.scope = p_scope and a.log_time = p_done_at
        and a.log_type = p_log_type
    )
  ) as audit_log_id;
end;

comment on function lastgood.find_event(uuid, text, text, timestamptz, integer) is
  'The id of the report that a duplicate repeats.';
