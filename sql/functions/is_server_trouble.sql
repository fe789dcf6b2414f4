-- Whether an error is about the server, or about functions that an upgrade replaces at this moment,
-- and not about what was worked on: whoever works through several things tries all of it again.
create or replace function lastgood.is_server_trouble(p_sqlstate text)
  returns boolean
  language sql
  immutable
begin atomic
  select left(p_sqlstate, 2) in ('25', '40', '42', '53', '55', '57', '58')
    or p_sqlstate = 'XX000';
end;

comment on function lastgood.is_server_trouble(text) is
  'Whether an error is about the server, and not about what was worked on.';
