-- Starts a backup for a schedule, a full one where there is nothing to build on, unless the
-- schedule would rather fail; a full chain is no such case. Raises LG033 then, LG028 for a source
-- that was deleted, and what start_backup says.
create or replace function lastgood.start_scheduled_backup(
  p_schedule lastgood.schedule,
  p_name     text,
  p_host     text,
  p_lease    interval
)
  returns jsonb
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_name      text := lastgood.free_backup_name(p_name);
  v_providers bigint[];
  v_backup    jsonb;
begin
  perform
  from lastgood.source as s
  where s.source_id = p_schedule.source_id and s.deleted_at is null
  for key share;
  if not found then
    -- Another source may have its name by now.
    perform lastgood.find_source(format('%s, deleted', p_schedule.source_id));
  end if;
  v_providers := lastgood.choose_providers(p_schedule.providers, p_schedule.source_id);
  if p_schedule.parent_id is not null then
    begin
      return lastgood.begin_backup(
        p_schedule.source_id, v_providers, v_name, true, p_schedule.parent_id,
        p_schedule.schedule_id, p_host, p_lease
      );
    exception
      when sqlstate 'LG033' then
        if p_schedule.on_missing_parent = 'fail' then
          raise;
        end if;
    end;
  end if;
  v_backup := lastgood.begin_backup(
    p_schedule.source_id, v_providers, v_name,
    p_schedule.kind = 'incremental' and p_schedule.parent_id is null, null,
    p_schedule.schedule_id, p_host, p_lease
  );
  if (v_backup ->> 'fell_back')::boolean and p_schedule.on_missing_parent = 'fail' then
    raise exception 'there is no backup to build on'
      using errcode = 'LG033', hint = 'Make a full one, or let the schedule fall back to that.';
  end if;
  return v_backup || jsonb_build_object(
    'fell_back', (v_backup ->> 'fell_back')::boolean or p_schedule.parent_id is not null
  );
end;
$$;

comment on function lastgood.start_scheduled_backup(lastgood.schedule, text, text, interval) is
  'Starts a backup for a schedule, a full one where there is nothing to build on.';
