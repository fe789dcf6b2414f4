-- After a copy was found bad, or good again: the packs that it names are not relied on by new
-- backups while any copy that names them is bad.
create or replace function lastgood.suspect_packs(p_backup_copy_id bigint)
  returns void
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  update lastgood.pack as k
  set suspected_at = case when bad.is_so then clock_timestamp() end
  from lastgood.backup_copy_pack as mine
  cross join lateral (
    select exists (
      select
      from lastgood.backup_copy_pack as u
      join lastgood.backup_copy as c on c.backup_copy_id = u.backup_copy_id
      where u.pack_id = mine.pack_id and c.state in ('CORRUPT', 'MISSING')
    ) as is_so
  ) as bad
  where mine.backup_copy_id = p_backup_copy_id and k.pack_id = mine.pack_id
    and bad.is_so = (k.suspected_at is null);
end;
$$;

comment on function lastgood.suspect_packs(bigint) is
  'Lets new backups rely on the packs of a copy only while no copy that names them is bad.';
