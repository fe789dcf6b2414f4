create or replace view lastgood.backup_config as
select
  k.name,
  coalesce(v.value, k.default_value) as value,
  k.type,
  k.valid_values,
  k.default_value,
  coalesce(v.value, k.default_value) = k.default_value as is_default,
  k.description,
  v.set_at,
  v.set_by
from lastgood.config_key as k
left join lastgood.config_value as v on v.name = k.name;

comment on view lastgood.backup_config is
  'Every config key with its value, type, valid values, default, description, and who set it when.';
