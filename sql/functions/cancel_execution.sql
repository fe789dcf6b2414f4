-- Cancels an execution that waits or runs; its backup fails. One whose backup was sealed by then is
-- no longer to be cancelled: it ends by that. Returns the state. Raises LG077, LG078 for one that
-- has ended.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.cancel_execution(p_execution_id bigint)
  returns text
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_execution lastgood.execution := lastgood.lock_execution(p_execution_id);
  v_reason    text := 'cancelled by ' || session_user;
  v_state     text := v_execution.state;
begin
  if v_execution.finished_at is not null then
    raise exception 'execution % has ended already: %', p_execution_id, v_state
      using errcode = 'LG078', hint = 'Nothing is left to be cancelled.';
  elsif v_state = 'RUNNING' then
    v_state := lastgood.end_execution(v_execution, 'CANCELLED', v_reason);
  else
    v_state := 'CANCELLED';
    update lastgood.execution as e
    set state = 'CANCELLED', finished_at = clock_timestamp(), reason = v_reason,
      output = jsonb_build_object(
        'status', 'CANCELLED', 'backup_id', e.backup_id, 'error', v_reason
      )
    where e.execution_id = p_execution_id;
  end if;
  perform lastgood.tell_of_execution(9145, v_execution, 'cancelled');
  return v_state;
end;
$$;

comment on function lastgood.cancel_execution(bigint) is
  'Cancels an execution that waits or runs; returns its state.';
