-- Where a backup goes: the named providers, else the only one that keeps bytes. Raises LG026 for an
-- unknown one, LG030 where none of them keeps bytes, LG031 where one must be named, LG053 for one
-- that is full.
create or replace function lastgood.choose_providers(p_providers text[])
  returns bigint[]
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_names text[] := nullif(p_providers, '{}');
  v_ids   bigint[];
  v_full  text;
begin
  if v_names is null then
    select array_agg(p.name order by p.name)
    into v_names
    from lastgood.provider as p
    join lastgood.provider_type as t on t.type = p.type
    where t.keeps = 'any';
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
  select p.name
  into v_full
  from lastgood.provider as p
  join lastgood.provider_type as t on t.type = p.type
  where p.provider_id = any (v_ids) and t.max_backups <= (
    select count(*)
    from lastgood.backup_copy as c
    where c.provider_id = p.provider_id and c.state <> 'DELETED'
  );
  if found then
    raise exception 'provider "%" keeps as many backups as it can', v_full
      using errcode = 'LG053', hint = 'Delete one: lastgood backup delete BACKUP';
  end if;
  return v_ids;
end;
$$;

comment on function lastgood.choose_providers(text[]) is
  'The ids of the named providers that keep bytes, or of the only one that does.';
