-- Where a backup goes: the named providers, else the only one that keeps all of anything. Raises
-- LG026 for an unknown one, LG030 where none of them keeps bytes, LG031 where one must be named,
-- LG055 for one that does not take what comes from this source.
create or replace function lastgood.choose_providers(p_providers text[], p_source_id bigint)
  returns bigint[]
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_names  text[] := nullif(p_providers, '{}');
  v_ids    bigint[];
  v_defect text;
begin
  if v_names is null then
    v_names := lastgood.default_providers();
    if cardinality(v_names) > 1 then
      raise exception 'several providers could keep this backup: %', array_to_string(v_names, ', ')
        using errcode = 'LG031', hint = 'Name one: --provider ' || v_names[1];
    end if;
  end if;
  select array_agg(distinct p.provider_id) filter (where t.keeps <> 'nothing')
  into v_ids
  from unnest(v_names) as given(name)
  cross join lateral lastgood.find_provider(given.name) as found(provider_id)
  join lastgood.provider as p on p.provider_id = found.provider_id
  join lastgood.provider_type as t on t.type = p.type;
  if v_ids is null then
    raise exception 'there is no provider that would keep this backup'
      using errcode = 'LG030',
        hint = 'Add a provider: lastgood provider add NAME --type local-fs --set path=/srv/backups';
  end if;
  select r.defect
  into v_defect
  from lastgood.provider as p
  join lastgood.provider_type as t on t.type = p.type
  cross join lastgood.source as s
  join lastgood.source_type as y on y.type = s.type
  cross join lateral (
    values
      (t.keeps = 'ovf' and s.type <> 'ovf',
       format('"%s" of type %s takes sources of type ovf alone', p.name, p.type)),
      (p.group_name is not null and not y.has_groups,
       format('"%s" takes items of group "%s" alone, and a source of type %s has no groups',
         p.name, p.group_name, s.type))
  ) as r(is_so, defect)
  where s.source_id = p_source_id and p.provider_id = any (v_ids) and r.is_so
  order by p.provider_id
  limit 1;
  if found then
    raise exception 'provider %', v_defect
      using errcode = 'LG055', hint = 'Name another one with --provider: lastgood provider list';
  end if;
  return v_ids;
end;
$$;

comment on function lastgood.choose_providers(text[], bigint) is
  'The ids of the named providers, or of the only one, that keep what comes from this source.';
