-- Serialises what decides which packs of a provider are still needed, until the transaction ends.
--
-- Raises LG054 under an isolation that would go on seeing what was before the lock.
create or replace function lastgood.lock_provider(p_provider_id bigint)
  returns void
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
    raise exception 'packs cannot be claimed or used under isolation %',
        current_setting('transaction_isolation')
      using errcode = 'LG054', hint = 'Use read committed, or no transaction of your own.';
  end if;
  perform pg_advisory_xact_lock('lastgood.provider'::regclass::integer, p_provider_id::integer);
end;
$$;

comment on function lastgood.lock_provider(bigint) is
  'Takes the lock under which it is decided what of a provider is still needed.';
