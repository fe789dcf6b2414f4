-- Optional group roles. Roles belong to the whole cluster: a DBA runs this once, before an install
-- and before a dump with grants to them is restored. Every install then grants them their reach.
do $$
declare
  v_role text;
begin
  foreach v_role in array array['lastgood_reporter', 'lastgood_reader', 'lastgood_operator'] loop
    if not exists (select from pg_catalog.pg_roles as r where r.rolname = v_role) then
      execute format('create role %I nologin', v_role);
    end if;
  end loop;
end;
$$;
