-- Forgets a provider, and that copies once lay there. Raises LG026 for an unknown one, LG027 for
-- the built-in one, while a copy lies there and while a schedule names it.
--
-- SECURITY DEFINER: operators delete providers here, and not in the table.
create or replace function lastgood.delete_provider(p_name text)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_provider_id bigint;
  v_copies      bigint;
  v_schedules   text;
begin
  -- Waits for a backup that is being started there.
  perform from lastgood.provider as p where p.name = p_name for update;
  v_provider_id := lastgood.find_provider(p_name);
  if p_name = 'noop' then
    raise exception 'provider "noop" is built in'
      using errcode = 'LG027', hint = 'It keeps nothing, and does no harm.';
  end if;
  select count(*)
  into v_copies
  from lastgood.backup_copy as c
  where c.provider_id = v_provider_id and c.state <> 'DELETED';
  if v_copies > 0 then
    raise exception 'copies of % backups lie at provider "%"', v_copies, p_name
      using errcode = 'LG027', hint = 'Delete those first: lastgood backup delete BACKUP';
  end if;
  select string_agg(format('"%s" (%s)', s.name, s.schedule_id), ', ' order by s.schedule_id)
  into v_schedules
  from lastgood.schedule as s
  where p_name = any (s.providers) and s.deleted_at is null;
  if v_schedules is not null then
    raise exception 'schedules keep their backups at provider "%": %', p_name, v_schedules
      using errcode = 'LG027',
        hint = 'Name another one first: lastgood schedule update SCHEDULE --provider NAME';
  end if;
  perform lastgood.forget_provider(v_provider_id);
  perform lastgood.add_audit_event(
    9119, format('%s deleted provider "%s".', session_user, p_name)
  );
end;
$$;

comment on function lastgood.delete_provider(text) is
  'Forgets a provider at which no copy lies any more and that no schedule names.';
