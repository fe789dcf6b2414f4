-- Copies with the place where they lie, as whoever reads or writes their bytes needs them.
create or replace view lastgood.copy_status as
select
  c.backup_copy_id,
  c.backup_id,
  c.provider_id,
  p.name as provider,
  p.type as provider_type,
  p.settings,
  p.marker,
  i.installation_id as installation,
  c.state,
  c.layout,
  c.recipients,
  c.manifest_key,
  c.manifest_sha256,
  c.manifest_size,
  c.stored_bytes,
  c.proof_level,
  c.proven_at,
  c.last_result,
  c.last_checked_at,
  c.reason,
  c.group_name,
  -- As it is called where it lies.
  coalesce(b.origin_name, b.name) as stored_name
from lastgood.backup_copy as c
join lastgood.backup as b on b.backup_id = c.backup_id
join lastgood.provider as p on p.provider_id = c.provider_id
cross join lastgood.installation as i;

comment on view lastgood.copy_status is
  'Every copy of every backup with its provider, its manifest and how far it is proven.';
