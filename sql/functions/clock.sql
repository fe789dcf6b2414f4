-- The one clock of every verdict. A test or a demo sets lastgood.fake_now; only members of the
-- owner are believed, or a reporter could falsify what others see.
create or replace function lastgood.clock()
  returns timestamptz
  language sql
  stable
  parallel safe
begin atomic
  select case
    when nullif(current_setting('lastgood.fake_now', true), '') is null then statement_timestamp()
    when (
      select pg_has_role(session_user, n.nspowner, 'member')
      from pg_catalog.pg_namespace as n
      where n.nspname = 'lastgood'
    ) then current_setting('lastgood.fake_now', true)::timestamptz
    else statement_timestamp()
  end;
end;

comment on function lastgood.clock() is
  'Now, or lastgood.fake_now where a member of the owner has set it.';
