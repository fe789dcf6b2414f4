-- An execution, locked until the transaction ends. Raises LG077 where there is none.
create or replace function lastgood.lock_execution(p_execution_id bigint)
  returns lastgood.execution
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_found record;
begin
  select e as execution
  into v_found
  from lastgood.execution as e
  where e.execution_id = p_execution_id
  for no key update;
  if not found then
    raise exception 'there is no execution %', coalesce(p_execution_id::text, 'null')
      using errcode = 'LG077', hint = 'See the ids with: lastgood execution list SCHEDULE';
  end if;
  return v_found.execution;
end;
$$;

comment on function lastgood.lock_execution(bigint) is
  'An execution, locked until the transaction ends; LG077 where there is none.';
