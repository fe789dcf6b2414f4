-- Where a backup goes: the named providers, else the only one that keeps all of anything; they
-- cannot be deleted meanwhile. Raises LG026 for an unknown one, LG030 where none of them keeps
-- bytes, LG031 where one must be named, LG055 for one that takes nothing from this source.
create or replace function lastgood.choose_providers(p_providers text[], p_source_id bigint)
  returns bigint[]
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_names  text[] := nullif(p_providers, '{}');
  v_found  bigint;
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
  select
    count(*),
    array_agg(given.provider_id order by given.provider_id) filter (where given.keeps_bytes),
    (array_agg(given.defect order by given.provider_id)
      filter (where given.keeps_bytes and given.defect is not null))[1]
  into v_found, v_ids, v_defect
  from (
    select
      p.provider_id,
      t.keeps <> 'nothing' as keeps_bytes,
      case
        when t.keeps = 'ovf' and s.type <> 'ovf' then format(
          '"%s" of type %s takes sources of type ovf alone', p.name, p.type
        )
        when p.group_name is not null and not y.has_groups then format(
          '"%s" takes items of group "%s" alone, and a source of type %s has no groups',
          p.name, p.group_name, s.type
        )
      end as defect
    from lastgood.provider as p
    join lastgood.provider_type as t on t.type = p.type
    cross join lastgood.source as s
    join lastgood.source_type as y on y.type = s.type
    where s.source_id = p_source_id and p.name = any (v_names)
    for key share of p
  ) as given;
  if v_found < cardinality(v_names) then
    perform lastgood.find_provider(given.name)
    from unnest(v_names) as given(name);
  end if;
  if v_ids is null then
    raise exception 'there is no provider that would keep this backup'
      using errcode = 'LG030',
        hint = 'Add a provider: lastgood provider add NAME --type local-fs --set path=/srv/backups';
  elsif v_defect is not null then
    raise exception 'provider %', v_defect
      using errcode = 'LG055', hint = 'Name another one with --provider: lastgood provider list';
  end if;
  return v_ids;
end;
$$;

comment on function lastgood.choose_providers(text[], bigint) is
  'The ids of the named providers, or of the only one, that keep what comes from this source.';
