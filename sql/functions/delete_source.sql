-- Forgets a source: its backups stay, and so does what its system requires. Raises LG028 for an
-- unknown one, LG029 while a backup of it runs and while it has schedules: forced, these end, too.
--
-- SECURITY DEFINER: operators delete sources here, and not in the table.
create or replace function lastgood.delete_source(
  p_name  text,
  p_force boolean default false
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_source_id bigint;
  v_fqdn      text;
  v_scope     text;
  v_schedules text;
begin
  -- First these, then the source: as whoever changes a schedule.
  perform
  from lastgood.schedule as c
  join lastgood.source as s on s.source_id = c.source_id
  where s.name = p_name and s.deleted_at is null and c.deleted_at is null
  order by c.schedule_id
  for no key update of c;
  -- Waits for a backup that is being started.
  perform
  from lastgood.source as s
  where s.name = p_name and s.deleted_at is null
  for update;
  v_source_id := lastgood.find_source(p_name);
  if exists (
    select
    from lastgood.backup as b
    where b.source_id = v_source_id and b.state = 'RUNNING'
  ) then
    raise exception 'a backup of source "%" is running', p_name
      using errcode = 'LG029', hint = 'Wait for its end, or stop it.';
  end if;
  select string_agg('"' || c.name || '"', ', ' order by c.name)
  into v_schedules
  from lastgood.schedule as c
  where c.source_id = v_source_id and c.deleted_at is null;
  if v_schedules is not null and not coalesce(p_force, false) then
    raise exception 'source "%" has schedules: %', p_name, v_schedules
      using errcode = 'LG029',
        hint = 'Delete these first, or use --force: what became of their runs stays.';
  end if;
  update lastgood.source as s
  set deleted_at = clock_timestamp()
  from lastgood.system as y
  where s.source_id = v_source_id and y.system_id = s.system_id
  returning y.fqdn, s.scope
  into v_fqdn, v_scope;
  perform lastgood.delete_schedule(c.schedule_id)
  from lastgood.schedule as c
  where c.source_id = v_source_id and c.deleted_at is null;
  perform lastgood.add_audit_event(9117, format(
    '%s deleted source "%s". Its backups stay, and its system still requires scope "%s".',
    session_user, p_name, v_scope
  ), v_fqdn, v_scope);
end;
$$;

comment on function lastgood.delete_source(text, boolean) is
  'Forgets a source at which no backup runs, with force its schedules, too; its backups stay.';
