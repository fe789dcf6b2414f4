-- Reports the start or end of a backup through the one door of all reports. Raises LG051 where it
-- was not kept, so that no backup ends without the verdict knowing.
create or replace function lastgood.report_backup(
  p_backup_id bigint,
  p_status    integer,
  p_message   text
)
  returns void
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_id bigint;
begin
  select lastgood.record_event(
    s.scope,
    case p_status when 0 then b.started_at else b.ended_at end,
    p_status, p_message, y.fqdn, '',
    case p_status when 0 then b.started_event else b.ended_event end,
    b.name, b.backup_id
  )
  into v_id
  from lastgood.backup as b
  join lastgood.source as s on s.source_id = b.source_id
  join lastgood.system as y on y.system_id = s.system_id
  where b.backup_id = p_backup_id;
  if v_id is null or not exists (
    select
    from lastgood.audit_log as a
    where a.audit_log_id = v_id and a.backup_id = p_backup_id
  ) then
    raise exception 'the event of backup % could not be recorded', p_backup_id
      using errcode = 'LG051',
        hint = 'The warning before this says why. Nothing was changed: try again.';
  end if;
end;
$$;

comment on function lastgood.report_backup(bigint, integer, text) is
  'Reports the start or end of a backup of our own; LG051 where the report was not kept.';
