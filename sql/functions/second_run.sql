-- The second run of a cron pattern after a moment; null where it never comes. A pattern or zone
-- that is none any more gives null as well: one bad schedule takes no verdict from anybody.
create or replace function lastgood.second_run(
  p_pattern text,
  p_tz      text,
  p_after   timestamptz
)
  returns timestamptz
  language plpgsql
  stable
  strict
  set search_path = pg_catalog, pg_temp
as $$
begin
  return lastgood.next_run(p_pattern, p_tz, lastgood.next_run(p_pattern, p_tz, p_after));
exception
  when sqlstate 'LG070' then
    return null;
end;
$$;

comment on function lastgood.second_run(text, text, timestamptz) is
  'The second run of a cron pattern after a moment; null for never, and for what cannot be read.';
