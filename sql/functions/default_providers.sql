-- Where backups go that name no provider: those that keep all of anything. With several of them one
-- must be named.
--
-- plpgsql, which plans it once a session: others call it often.
create or replace function lastgood.default_providers()
  returns text[]
  language plpgsql
  stable
  set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select array_agg(p.name order by p.name)
    from lastgood.provider as p
    join lastgood.provider_type as t on t.type = p.type
    where t.keeps = 'any' and p.group_name is null
  );
end;
$$;

comment on function lastgood.default_providers() is
  'The names of the providers that keep all of anything.';
