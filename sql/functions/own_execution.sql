-- An execution that this token holds, locked until the transaction ends: whoever takes it over, or
-- ends it, waits. Raises LG078 for any other.
create or replace function lastgood.own_execution(
  p_execution_id bigint,
  p_token        uuid
)
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
  where e.execution_id = p_execution_id and e.token = p_token and e.state = 'RUNNING'
  for no key update;
  if not found then
    raise exception 'execution % was taken over, or has ended',
        coalesce(p_execution_id::text, 'null')
      using errcode = 'LG078', hint = 'Stop: what was done for it does not count.';
  end if;
  return v_found.execution;
end;
$$;

comment on function lastgood.own_execution(bigint, uuid) is
  'A running execution that this token holds, locked; LG078 for any other.';
