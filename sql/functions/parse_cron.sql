-- A cron pattern as lists of what its five fields allow. Sunday is 0 or 7. Raises LG070.
create or replace function lastgood.parse_cron(
  p_pattern       text,
  out minutes     integer[],
  out hours       integer[],
  out days        integer[],
  out months      integer[],
  out weekdays    integer[],
  -- Whether days of the month, or of the week, are restricted; where both are, either may match.
  out picks_days  boolean,
  out picks_weekdays boolean,
  -- Whether it counts hours as they elapse, and not as the clock on the wall shows them.
  out is_elapsing boolean
)
  language plpgsql
  immutable
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_fields text[] := regexp_split_to_array(btrim(p_pattern), '\s+');
begin
  if cardinality(v_fields) is distinct from 5 then
    raise exception 'a pattern has five fields, not "%"', p_pattern
      using errcode = 'LG070',
        hint = 'They are minute, hour, day of month, month and day of week: 30 2 * * *';
  end if;
  minutes := lastgood.cron_field(v_fields[1], 'minute', 0, 59);
  hours := lastgood.cron_field(v_fields[2], 'hour', 0, 23);
  days := lastgood.cron_field(v_fields[3], 'day of month', 1, 31);
  months := lastgood.cron_field(
    v_fields[4], 'month', 1, 12, '{jan,feb,mar,apr,may,jun,jul,aug,sep,oct,nov,dec}'
  );
  weekdays := lastgood.cron_field(
    v_fields[5], 'day of week', 0, 7, '{sun,mon,tue,wed,thu,fri,sat}'
  );
  if 7 = any (weekdays) then
    weekdays := weekdays || 0;
  end if;
  picks_days := v_fields[3] not like '*%';
  picks_weekdays := v_fields[5] not like '*%';
  is_elapsing := v_fields[2] like '*%';
end;
$$;

comment on function lastgood.parse_cron(text) is
  'A cron pattern as lists of what its five fields allow.';
