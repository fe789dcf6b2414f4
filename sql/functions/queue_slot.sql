-- One slot of a schedule becomes an execution: QUEUED, or SKIPPED with the reason. Returns its id;
-- null where the slot has one already.
create or replace function lastgood.queue_slot(
  p_schedule_id bigint,
  p_slot_at     timestamptz,
  p_is_late     boolean,
  p_skip_reason text
)
  returns bigint
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_is_skipped boolean := p_skip_reason is not null;
  v_id         bigint;
begin
  insert into lastgood.execution (
    schedule_id, slot_at, is_late, state, reason, finished_at, output, requested_by
  )
  values (
    p_schedule_id, p_slot_at, p_is_late,
    case when v_is_skipped then 'SKIPPED' else 'QUEUED' end,
    p_skip_reason,
    case when v_is_skipped then clock_timestamp() end,
    case when v_is_skipped then jsonb_build_object(
      'status', 'SKIPPED', 'backup_id', null, 'error', p_skip_reason
    ) end,
    case when p_slot_at is null then session_user end
  )
  on conflict (schedule_id, slot_at) do nothing
  returning execution_id
  into v_id;
  return v_id;
end;
$$;

comment on function lastgood.queue_slot(bigint, timestamptz, boolean, text) is
  'Makes one slot an execution, QUEUED or SKIPPED; returns its id.';
