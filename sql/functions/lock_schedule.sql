-- A living schedule, which nobody else changes, or queues runs of, until this transaction ends.
-- Raises LG074 for one that is not there, or no longer, LG054 under an isolation that does not see
-- what others have queued until then.
create or replace function lastgood.lock_schedule(p_schedule_id bigint)
  returns lastgood.schedule
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedule lastgood.schedule;
begin
  perform lastgood.require_read_committed();
  perform
  from lastgood.schedule as s
  where s.schedule_id = p_schedule_id and s.deleted_at is null
  for no key update;
  if not found then
    raise exception 'there is no schedule %', coalesce(p_schedule_id::text, 'null')
      using errcode = 'LG074', hint = 'See ids and names with: lastgood schedule list SOURCE';
  end if;
  v_schedule := (
    select s
    from lastgood.schedule as s
    where s.schedule_id = p_schedule_id
  );
  return v_schedule;
end;
$$;

comment on function lastgood.lock_schedule(bigint) is
  'A living schedule, locked until the transaction ends; LG074 where there is none.';
