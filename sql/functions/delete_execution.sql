-- Deletes an execution from the history of its schedule; its backup stays. Raises LG077, LG076 for
-- one that waits or runs: forced, it is cancelled first.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.delete_execution(
  p_execution_id bigint,
  p_force        boolean default false
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_execution lastgood.execution := lastgood.lock_execution(p_execution_id);
begin
  if v_execution.finished_at is null then
    if not coalesce(p_force, false) then
      raise exception 'execution % is %', p_execution_id, v_execution.state
        using errcode = 'LG076',
          hint = 'Only finished executions can be deleted. Use --force to cancel it first.';
    end if;
    perform lastgood.cancel_execution(p_execution_id);
  end if;
  delete from lastgood.execution as e
  where e.execution_id = p_execution_id;
  insert into lastgood.deleted_execution (schedule_id, execution_id, listed_at)
  values (
    v_execution.schedule_id, p_execution_id, coalesce(v_execution.slot_at, v_execution.queued_at)
  );
  delete from lastgood.deleted_execution as d
  where (d.schedule_id, d.execution_id) in (
    select o.schedule_id, o.execution_id
    from lastgood.deleted_execution as o
    where o.deleted_at < clock_timestamp() - interval '1 month'
    limit 100
    for update skip locked
  );
  perform lastgood.tell_of_execution(9146, v_execution, 'deleted');
end;
$$;

comment on function lastgood.delete_execution(bigint, boolean) is
  'Deletes an execution from the history; with force, one that waits or runs is cancelled first.';
