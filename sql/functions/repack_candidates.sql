-- Packs of which every copy that names them uses less than half, so that rewriting what is used
-- frees space. Packs of running backups and of bad copies are left alone, those that somebody
-- restores from, and those that would stay all the same.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.repack_candidates(p_provider_id bigint)
  returns setof jsonb
  language plpgsql
  stable
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
begin
  return query
  select jsonb_build_object(
    'name', k.name, 'size_bytes', k.size_bytes,
    'copies', jsonb_agg(c.backup_copy_id order by c.backup_copy_id)
  )
  from lastgood.pack as k
  join lastgood.backup_copy_pack as u on u.pack_id = k.pack_id
  join lastgood.backup_copy as c on c.backup_copy_id = u.backup_copy_id
  where k.provider_id = p_provider_id and k.state = 'COMPLETE' and not k.is_held
  group by k.pack_id, k.name, k.size_bytes
  having bool_and(c.state = 'COMPLETE' and u.used_bytes is not null)
    and max(u.used_bytes) * 2 < k.size_bytes
    and not exists (
      select
      from lastgood.restore as r
      where r.backup_copy_id = any (array_agg(c.backup_copy_id)) and r.state = 'RUNNING'
        and r.lease_until > clock_timestamp()
    )
  order by k.pack_id;
end;
$$;

comment on function lastgood.repack_candidates(bigint) is
  'Packs that are mostly dead: each with its size and the copies that name it.';
