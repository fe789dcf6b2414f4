-- When an execution that failed is tried again; null where no attempt is left, or its schedule is
-- deleted or disabled. Each retry waits twice as long as the one before, a day at most. The
-- schedule can become neither before this transaction ends, or the retry would not be cancelled.
create or replace function lastgood.retry_at(
  p_schedule_id bigint,
  p_attempt     integer
)
  returns timestamptz
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  c_longest constant interval := interval '1 day';
  v_backoff interval;
begin
  select s.backoff
  into v_backoff
  from lastgood.schedule as s
  where s.schedule_id = p_schedule_id and s.is_enabled and s.deleted_at is null
    and p_attempt <= s.retries
  for share;
  if not found then
    return null;
  end if;
  return clock_timestamp() + least(
    least(v_backoff, c_longest) * power(2, least(p_attempt - 1, 20)), c_longest
  );
end;
$$;

comment on function lastgood.retry_at(bigint, integer) is
  'When an execution that failed is tried again, or null.';
