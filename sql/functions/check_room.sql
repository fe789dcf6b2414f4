-- Refuses a further backup of a source where a provider keeps as much as it may. Where all of them
-- keep as much as there is, that is one look. Raises LG053, LG054.
create or replace function lastgood.check_room(
  p_source_id bigint,
  p_providers bigint[]
)
  returns void
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_source text;
begin
  if not exists (
    select
    from lastgood.provider as p
    join lastgood.provider_type as t on t.type = p.type
    where p.provider_id = any (p_providers)
      and num_nonnulls(t.max_backups, p.max_backups, p.max_bytes) > 0
  ) then
    return;
  end if;
  select s.name
  into v_source
  from lastgood.source as s
  where s.source_id = p_source_id;
  -- Of two that start at once where few fit, the later one sees the first.
  perform
  from lastgood.source as s
  where s.source_id = p_source_id and exists (
    select
    from lastgood.provider as p
    join lastgood.provider_type as t on t.type = p.type
    where p.provider_id = any (p_providers) and t.max_backups is not null
  )
  for no key update;
  perform lastgood.check_quota(
    given.provider_id, lastgood.choose_outgoing(given.provider_id, v_source)
  )
  from unnest(p_providers) as given(provider_id);
end;
$$;

comment on function lastgood.check_room(bigint, bigint[]) is
  'Refuses a further backup of a source where a provider keeps as much as it may.';
