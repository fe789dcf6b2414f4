-- The backup that was made there under this name; null for one that is not known here. Also one of
-- our own. The time tells it from another of the same name, which a catalogue that was set back in
-- time may have made.
create or replace function lastgood.find_origin(
  p_origin     uuid,
  p_name       text,
  p_started_at timestamptz
)
  returns bigint
  language sql
  stable
begin atomic
  select b.backup_id
  from lastgood.backup as b
  where b.origin = p_origin and b.origin_name = p_name and b.started_at = p_started_at
  union all
  select b.backup_id
  from lastgood.installation as i
  join lastgood.backup as b on b.origin is null and b.name = p_name and b.started_at = p_started_at
  where i.installation_id = p_origin
  limit 1;
end;

comment on function lastgood.find_origin(uuid, text, timestamptz) is
  'The id of a backup by where it was made, its name there and its start; null where not known.';
