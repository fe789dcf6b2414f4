-- A fingerprint of every function of ours and of whether the public may call it, to tell later
-- whether somebody changed one: a restore without privileges lets everybody call all of them.
-- The search_path is fixed, since definitions name what it finds without a schema.
create or replace function lastgood.functions_hash()
  returns text
  language sql
  stable
  set search_path = pg_catalog, pg_temp
begin atomic
  select encode(sha256(convert_to(
    string_agg(
      concat(pg_get_functiondef(p.oid), has_function_privilege('public', p.oid, 'execute')), ''
      order by n.nspname, p.proname
    ), 'UTF8'
  )), 'hex')
  from pg_catalog.pg_proc as p
  join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
  where n.nspname in ('lastgood', 'lastgood_report');
end;

comment on function lastgood.functions_hash() is
  'Fingerprint of all functions of lastgood, stored at every install and compared by doctor.';
