-- Writes an event about a backup, in the log of its system.
create or replace function lastgood.tell_of_backup(
  p_log_type  integer,
  p_backup_id bigint,
  p_who       text,
  p_what      text,
  p_why       text default null
)
  returns void
  language sql
  volatile
begin atomic
  select lastgood.add_audit_event(
    p_log_type,
    concat(p_who, ' ', p_what, ' backup "', b.name, '" (', b.backup_id, ')', ': ' || p_why, '.'),
    y.fqdn, s.scope
  )
  from lastgood.backup as b
  join lastgood.source as s on s.source_id = b.source_id
  join lastgood.system as y on y.system_id = s.system_id
  where b.backup_id = p_backup_id;
end;

comment on function lastgood.tell_of_backup(integer, bigint, text, text, text) is
  'Writes an audit event about a backup: who did what with it, and why.';
