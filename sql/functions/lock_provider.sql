-- Serialises what decides which packs of a provider are still needed, until the transaction ends.
-- Raises LG054.
create or replace function lastgood.lock_provider(p_provider_id bigint)
  returns void
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  perform lastgood.require_read_committed();
  perform pg_advisory_xact_lock('lastgood.provider'::regclass::integer, p_provider_id::integer);
end;
$$;

comment on function lastgood.lock_provider(bigint) is
  'Takes the lock under which it is decided what of a provider is still needed.';
