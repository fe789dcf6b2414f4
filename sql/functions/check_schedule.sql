-- Refuses a schedule whose backups could not be made: LG028 for a source that is gone, LG026, LG031
-- and LG055 for its providers, LG032 and LG033 for what its backups are to build on; with a chain
-- that is full none would. That all its providers keep nothing is no defect: its runs say so.
create or replace function lastgood.check_schedule(p_schedule lastgood.schedule)
  returns void
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_providers  bigint[];
  v_full_chain integer;
begin
  perform
  from lastgood.source as s
  where s.source_id = p_schedule.source_id and s.deleted_at is null
  for key share;
  if not found then
    raise exception 'there is no source %', p_schedule.source_id
      using errcode = 'LG028', hint = 'See the names with: lastgood source list';
  end if;
  begin
    v_providers := lastgood.choose_providers(p_schedule.providers, p_schedule.source_id);
  exception
    when sqlstate 'LG030' then
      v_providers := array[]::bigint[];
  end;
  perform lastgood.choose_parent(
    p_schedule.source_id, v_providers, p_schedule.kind = 'incremental', p_schedule.parent_id
  );
  v_full_chain := lastgood.full_chain(p_schedule.parent_id, p_schedule.max_chain);
  if v_full_chain is not null then
    raise exception 'backup % cannot be the parent: its chain has % backups, and may have no more',
        p_schedule.parent_id, v_full_chain
      using errcode = 'LG033', hint = 'Name one with a shorter chain, or let chains be longer:'
        ' max_chain of the schedule, or BackupMaxChainLength.';
  end if;
end;
$$;

comment on function lastgood.check_schedule(lastgood.schedule) is
  'Refuses a schedule whose source, providers or parent will not do.';
