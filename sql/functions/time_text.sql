-- A moment as it is written in messages.
create or replace function lastgood.time_text(p_at timestamptz)
  returns text
  language sql
  immutable
begin atomic
  select to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
end;

comment on function lastgood.time_text(timestamptz) is
  'A moment as it is written in messages: in UTC, to the second.';
