-- What the clocks of a zone are ahead of UTC, at a moment that is given in UTC.
create or replace function lastgood.ahead_of_utc(p_utc timestamp, p_tz text)
  returns interval
  language sql
  stable
begin atomic
  select ((p_utc at time zone 'UTC') at time zone p_tz) - p_utc;
end;

comment on function lastgood.ahead_of_utc(timestamp, text) is
  'What the clocks of a time zone are ahead of UTC.';
