-- A running execution as the worker needs it that runs it, with its token.
--
-- plpgsql, which plans it once a session: others call it often.
create or replace function lastgood.describe_execution(p_execution_id bigint)
  returns jsonb
  language plpgsql
  stable
  set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select jsonb_build_object(
      'execution_id', e.execution_id,
      'schedule_id', e.schedule_id,
      'schedule', c.name,
      'source', s.name,
      'source_type', s.type,
      'slot_at', e.slot_at,
      'queued_at', e.queued_at,
      'started_at', e.started_at,
      'timeout_at', e.started_at + c.timeout,
      'attempt', e.attempt,
      'is_late', e.is_late,
      'token', e.token
    )
    from lastgood.execution as e
    join lastgood.schedule as c on c.schedule_id = e.schedule_id
    join lastgood.source as s on s.source_id = c.source_id
    where e.execution_id = p_execution_id
  );
end;
$$;

comment on function lastgood.describe_execution(bigint) is
  'A running execution as its worker needs it, with its token, as one document.';
