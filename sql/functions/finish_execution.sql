-- Ends an execution by what became of its backup, never by what the worker says of it: SUCCESS
-- where it is COMPLETE, PARTIAL, else ERROR, or QUEUED again where a retry is left; SKIPPED where
-- no provider keeps bytes (LG030). Returns the state. Raises LG078.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.finish_execution(
  p_execution_id bigint,
  p_token        uuid,
  p_error        text default null,
  p_code         text default null
)
  returns text
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_execution lastgood.execution := lastgood.own_execution(p_execution_id, p_token);
begin
  if p_code = 'LG030' and v_execution.backup_id is null then
    return lastgood.end_execution(v_execution, 'SKIPPED', 'no provider');
  end if;
  return lastgood.end_execution(v_execution, 'ERROR', coalesce(p_error, (
    select b.reason
    from lastgood.backup as b
    where b.backup_id = v_execution.backup_id
  ), 'no backup was completed'));
end;
$$;

comment on function lastgood.finish_execution(bigint, uuid, text, text) is
  'Ends an execution by what became of its backup; returns its state.';
