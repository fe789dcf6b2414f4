-- Somebody tried to remove what is left at a provider: all of it is gone or, with an error, some is
-- not, and a worker tries again, each time after twice as long, an hour at most.
--
-- SECURITY DEFINER: operators have no right to the table.
create or replace function lastgood.finish_sweep(
  p_provider_id bigint,
  p_error       text default null
)
  returns void
  language sql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
begin atomic
  update lastgood.provider
  set sweep_failures = case when p_error is null then 0 else sweep_failures + 1 end,
    sweep_at = case when p_error is not null then clock_timestamp() + least(
      interval '1 minute' * power(2, least(sweep_failures, 6)), interval '1 hour'
    ) end,
    sweep_error = p_error
  where provider_id = p_provider_id and (p_error is not null or sweep_at is not null);
end;

comment on function lastgood.finish_sweep(bigint, text) is
  'Notes that what was left at a provider is gone, or why not, and when that is tried again.';
