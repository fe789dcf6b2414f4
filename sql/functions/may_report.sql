-- Whether who is logged in is one of these roles, or a member of one.
create or replace function lastgood.may_report(p_reporters text[])
  returns boolean
  language sql
  stable
begin atomic
  select exists (
    select
    from pg_catalog.pg_roles as r
    where r.rolname = any (p_reporters) and pg_has_role(session_user, r.oid, 'member')
  );
end;

comment on function lastgood.may_report(text[]) is
  'Whether the session user is one of these roles, or a member of one.';
