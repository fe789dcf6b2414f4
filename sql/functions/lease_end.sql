-- When a lease that is taken now runs out. Raises LG034 for one that cannot be.
create or replace function lastgood.lease_end(p_lease interval)
  returns timestamptz
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  if p_lease is null or p_lease <= interval '0' or p_lease > interval '1 day' then
    raise exception 'a lease cannot last "%"', coalesce(p_lease::text, 'null')
      using errcode = 'LG034', hint = 'Give an interval of up to a day, such as 60 seconds.';
  end if;
  return clock_timestamp() + p_lease;
end;
$$;

comment on function lastgood.lease_end(interval) is
  'When a lease that is taken now runs out; LG034 where it is not positive, or longer than a day.';
