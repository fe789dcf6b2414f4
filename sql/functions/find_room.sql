-- What has to go to make room for a copy that is being written, and what stays in the folder of its
-- source: rows of copy_status. Changes nothing. Raises LG035, LG053.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.find_room(
  p_backup_copy_id bigint,
  p_token          uuid
)
  returns jsonb
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_provider_id bigint := lastgood.own_copy(p_backup_copy_id, p_token);
  v_source      text;
  v_outgoing    bigint;
begin
  select s.name, lastgood.choose_outgoing(v_provider_id, s.name, b.backup_id)
  into v_source, v_outgoing
  from lastgood.backup_copy as c
  join lastgood.backup as b on b.backup_id = c.backup_id
  join lastgood.source as s on s.source_id = b.source_id
  where c.backup_copy_id = p_backup_copy_id;
  return jsonb_build_object('outgoing', (
    select to_jsonb(c)
    from lastgood.copy_status as c
    where c.backup_copy_id = v_outgoing
  ), 'stay', (
    select coalesce(jsonb_agg(to_jsonb(c) order by c.backup_copy_id), '[]')
    from lastgood.copy_status as c
    where c.provider_id = v_provider_id and c.state in ('COMPLETE', 'CORRUPT', 'MISSING')
      and c.backup_copy_id is distinct from v_outgoing
      and split_part(c.manifest_key, '/', 1) = v_source
  ));
end;
$$;

comment on function lastgood.find_room(bigint, uuid) is
  'Which copy has to make room for one that is being written, and which ones stay.';
