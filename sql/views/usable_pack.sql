-- Packs that a new copy may rely on, once use_packs has named them.
create or replace view lastgood.usable_pack as
select k.pack_id, k.provider_id, k.name, k.recipients, k.size_bytes, k.sha256, k.contents
from lastgood.pack as k
where k.state = 'COMPLETE' and k.suspected_at is null;

comment on view lastgood.usable_pack is
  'Packs that a new copy may rely on, with the index of their contents.';
