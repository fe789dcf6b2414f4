-- Gives a worker an execution to run, with a token and a lease; null where there is none for it, or
-- where its host runs as many as it may. Limits hold because one session claims at a time. Raises
-- LG034 for a lease, LG054 under an isolation that sees the past, LG079 for a limit.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.claim_execution(
  p_worker      text,
  p_host        text,
  p_labels      text[] default '{}',
  p_concurrency integer default null,
  p_lease       interval default '30 seconds'
)
  returns jsonb
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_lease_until timestamptz := lastgood.lease_end(p_lease);
  v_id          bigint;
  v_claimed     jsonb;
begin
  if p_concurrency < 1 then
    raise exception 'a host cannot run % executions', p_concurrency
      using errcode = 'LG079', hint = 'Give a limit of 1 or more, or none.';
  end if;
  -- Whoever finds nothing to do waits for nobody. In order: so the index is read, whatever the
  -- statistics say of a queue that comes and goes faster than they are made.
  perform
  from lastgood.execution as e
  where e.state = 'QUEUED'
  order by coalesce(e.slot_at, e.queued_at), e.execution_id
  limit 1;
  if not found then
    return null;
  end if;
  perform lastgood.require_read_committed();
  perform pg_advisory_xact_lock('lastgood.execution'::regclass::integer, 0);
  if p_concurrency is not null and p_concurrency <= (
    select count(*)
    from lastgood.execution as e
    where e.state = 'RUNNING' and e.host = p_host
  ) then
    return null;
  end if;
  v_id := lastgood.claimable_execution(coalesce(p_labels, '{}'));
  if v_id is null then
    return null;
  end if;
  -- Other claims wait for this commit. It need not wait for the disk: after a crash the execution
  -- is as it was, and this token is none; that of start_execution_backup makes both last.
  perform set_config('synchronous_commit', 'off', true);
  update lastgood.execution as e
  set state = 'RUNNING', started_at = clock_timestamp(), not_before = null, reason = null,
    worker = p_worker, host = p_host, lease = p_lease, lease_until = v_lease_until,
    token = gen_random_uuid()
  from lastgood.schedule as c
  join lastgood.source as s on s.source_id = c.source_id
  where e.execution_id = v_id and c.schedule_id = e.schedule_id
  returning jsonb_build_object(
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
  into v_claimed;
  return v_claimed;
end;
$$;

comment on function lastgood.claim_execution(text, text, text[], integer, interval) is
  'Gives a worker the oldest execution that it may run, with a token and a lease; or null.';
