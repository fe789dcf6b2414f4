-- Removes the row of a provider, and all that is known of what lies there. The bytes stay.
create or replace function lastgood.forget_provider(p_provider_id bigint)
  returns void
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  update lastgood.restore as r
  set backup_copy_id = null
  from lastgood.backup_copy as c
  where c.backup_copy_id = r.backup_copy_id and c.provider_id = p_provider_id;
  delete from lastgood.backup_copy_pack as u
  using lastgood.pack as k
  where k.pack_id = u.pack_id and k.provider_id = p_provider_id;
  delete from lastgood.pack as k
  where k.provider_id = p_provider_id;
  delete from lastgood.backup_copy as c
  where c.provider_id = p_provider_id;
  delete from lastgood.provider as p
  where p.provider_id = p_provider_id;
end;
$$;

comment on function lastgood.forget_provider(bigint) is
  'Removes the row of a provider with those of its copies and packs.';
