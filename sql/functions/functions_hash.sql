-- A fingerprint of every function of ours, to tell later whether somebody changed one.
create or replace function lastgood.functions_hash()
  returns text
  language sql
  stable
begin atomic
  select encode(sha256(convert_to(
    string_agg(pg_get_functiondef(p.oid), '' order by n.nspname, p.proname), 'UTF8'
  )), 'hex')
  from pg_catalog.pg_proc as p
  join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
  where n.nspname in ('lastgood', 'lastgood_report');
end;

comment on function lastgood.functions_hash() is
  'Fingerprint of all functions of lastgood, stored at every install and compared by doctor.';
