-- Ends an execution, locked by the caller, that is past its timeout or whose worker is gone; false
-- where that cannot be: it is told, tried again, and keeps no other from being ended.
create or replace function lastgood.reap_execution(
  p_execution lastgood.execution,
  p_timeout   interval
)
  returns boolean
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  if p_execution.started_at + p_timeout <= clock_timestamp() then
    perform lastgood.end_execution(p_execution, 'ERROR', format('timed out after %s', p_timeout));
  else
    perform lastgood.end_execution(p_execution, 'INTERRUPTED', concat(
      'its lease ran out: worker ' || p_execution.worker, ' is gone'
    ));
  end if;
  return true;
exception
  when others then
    if lastgood.is_server_trouble(sqlstate) then
      raise;
    end if;
    perform lastgood.tell_hourly(9147, format(
      'lastgood could not end execution %s of schedule "%s" (%s), and goes on trying: %s.',
      p_execution.execution_id, c.name, c.schedule_id, sqlerrm
    ), y.fqdn, s.scope)
    from lastgood.schedule as c
    join lastgood.source as s on s.source_id = c.source_id
    join lastgood.system as y on y.system_id = s.system_id
    where c.schedule_id = p_execution.schedule_id;
    return false;
end;
$$;

comment on function lastgood.reap_execution(lastgood.execution, interval) is
  'Ends an execution that is past its timeout or whose worker is gone; false where that failed.';
