-- The backup of ours that a report names, or null where it may not: it must be of its source, and
-- bear the event id that only the functions that start and end the backup know.
--
-- plpgsql, which plans it once a session: others call it often.
create or replace function lastgood.own_backup_id(
  p_backup_id bigint,
  p_event_id  uuid,
  p_status    integer,
  p_fqdn      text,
  p_scope     text
)
  returns bigint
  language plpgsql
  stable
  set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select b.backup_id
    from lastgood.backup as b
    join lastgood.source as s on s.source_id = b.source_id
    join lastgood.system as y on y.system_id = s.system_id
    where b.backup_id = p_backup_id and y.fqdn = p_fqdn and s.scope = p_scope
      and p_event_id = case p_status
        when 0 then b.started_event
        when 1 then b.ended_event
        when -1 then b.ended_event
      end
  );
end;
$$;

comment on function lastgood.own_backup_id(bigint, uuid, integer, text, text) is
  'The backup that a report names, where its event id proves that it is the start or end of it.';
