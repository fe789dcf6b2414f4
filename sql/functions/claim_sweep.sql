-- A place at which something is left that nobody needs, for a worker with these labels to remove:
-- it is its own for as long as the lease. What is seen for the first time waits as long, for it may
-- be that somebody removes it just now. Null where there is nothing to do. Raises LG034.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.claim_sweep(
  p_labels text[] default '{}',
  p_lease  interval default '15 minutes'
)
  returns jsonb
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_sweep_at timestamptz := lastgood.lease_end(p_lease);
  v_place    record;
begin
  for v_place in
    select p.provider_id, p.sweep_at
    from lastgood.provider as p
    where (p.sweep_at > clock_timestamp()) is not true
      and (exists (
        select
        from lastgood.backup_copy as c
        join lastgood.backup as b on b.backup_id = c.backup_id
        where c.provider_id = p.provider_id and c.state in ('DELETING', 'DELETE_FAILED')
          and b.state <> 'RUNNING'
      ) or exists (
        select
        from lastgood.pack as k
        where k.provider_id = p.provider_id and k.state = 'DELETING'
          and k.forgotten_at is null
      ))
      -- A worker that may back these up reaches the place.
      and exists (
        select
        from lastgood.backup_copy as c
        join lastgood.backup as b on b.backup_id = c.backup_id
        join lastgood.source as s on s.source_id = b.source_id
        where c.provider_id = p.provider_id and s.labels <@ p_labels
      )
    order by p.sweep_at, p.provider_id
    for no key update of p skip locked
  loop
    update lastgood.provider as p
    set sweep_at = v_sweep_at
    where p.provider_id = v_place.provider_id;
    if v_place.sweep_at is not null then
      return (
        select jsonb_build_object(
          'provider_id', p.provider_id, 'provider', p.name, 'provider_type', p.type,
          'settings', p.settings, 'marker', p.marker, 'installation', i.installation_id,
          'copies', (
            select coalesce(jsonb_agg(c.backup_copy_id order by c.backup_copy_id), '[]')
            from lastgood.backup_copy as c
            join lastgood.backup as b on b.backup_id = c.backup_id
            where c.provider_id = p.provider_id and c.state in ('DELETING', 'DELETE_FAILED')
              and b.state <> 'RUNNING'
          )
        )
        from lastgood.provider as p
        cross join lastgood.installation as i
        where p.provider_id = v_place.provider_id
      );
    end if;
  end loop;
  return null;
end;
$$;

comment on function lastgood.claim_sweep(text[], interval) is
  'A place at which something is left that nobody needs, for a worker to remove; or null.';
