-- Raises LG054 under an isolation that would go on seeing what was before a lock was taken.
create or replace function lastgood.require_read_committed()
  returns void
  language plpgsql
  stable
  set search_path = pg_catalog, pg_temp
as $$
begin
  if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
    raise exception 'this cannot be done under isolation %',
        current_setting('transaction_isolation')
      using errcode = 'LG054', hint = 'Use read committed, or no transaction of your own.';
  end if;
end;
$$;

comment on function lastgood.require_read_committed() is
  'Refuses an isolation that sees what was before a lock was taken.';
