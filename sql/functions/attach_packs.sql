-- The packs of copies that were found, and how much of each they use. What is in them is not known:
-- new backups rely on them by way of their parent alone.
create or replace function lastgood.attach_packs(p_provider_id bigint, p_found jsonb)
  returns void
  language sql
  volatile
begin atomic
  insert into lastgood.pack (provider_id, name, state, recipients, size_bytes, sha256)
  select distinct on (k.name) p_provider_id, k.name, 'COMPLETE', f.recipients, k.size, k.sha256
  from jsonb_to_recordset(p_found) as f(recipients text[], packs jsonb)
  cross join lateral jsonb_to_recordset(f.packs) as k(name text, size bigint, sha256 text)
  order by k.name
  on conflict (provider_id, name) do nothing;
  insert into lastgood.backup_copy_pack (backup_copy_id, pack_id, used_bytes)
  select c.backup_copy_id, p.pack_id, sum(k.used)
  from jsonb_to_recordset(p_found) as f(backup_id bigint, packs jsonb)
  join lastgood.backup_copy as c on c.backup_id = f.backup_id and c.provider_id = p_provider_id
  cross join lateral jsonb_to_recordset(f.packs) as k(name text, used bigint)
  join lastgood.pack as p on p.provider_id = p_provider_id and p.name = k.name
  group by c.backup_copy_id, p.pack_id;
end;

comment on function lastgood.attach_packs(bigint, jsonb) is
  'Makes the rows of packs that copies which were found at a place name.';
