-- The source to which backups of another installation belong from now on, made where it is not
-- known; one of our own stays what it is. Resumed, it is a live one, and its system is watched;
-- else it is deleted from the start: its backups can be restored, and one of its name starts anew.
-- Raises LG003, LG006, LG020, LG021, LG025.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.attach_source(
  p_origin     uuid,
  p_name       text,
  p_type       text,
  p_fqdn       text,
  p_scope      text,
  p_settings   jsonb,
  p_is_resumed boolean
)
  returns bigint
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_source_id  bigint;
  v_system_id  bigint;
  v_deleted_at timestamptz := case when not p_is_resumed then clock_timestamp() end;
begin
  perform lastgood.check_scopes(array[p_scope]);
  perform lastgood.check_name(p_name);
  perform lastgood.check_settings(p_settings);
  if not exists (select from lastgood.source_type as t where t.type = p_type) then
    raise exception 'there is no source type "%"', p_type
      using errcode = 'LG020', hint = 'Select the types from lastgood.source_type.';
  end if;
  v_system_id := lastgood.attach_system(p_fqdn, p_scope, p_is_resumed);
  select s.source_id
  into v_source_id
  from lastgood.source as s
  cross join lastgood.installation as i
  cross join lateral (
    select
      s.origin is null and i.installation_id = p_origin and s.name = p_name as is_own,
      coalesce(s.origin = p_origin and s.origin_name = p_name, false) as is_same,
      s.deleted_at is null as is_live
  ) as r
  where s.type = p_type and s.system_id = v_system_id and s.scope = p_scope
    and (
      r.is_own
      or p_is_resumed and (r.is_same or r.is_live and s.name = p_name)
      or not p_is_resumed and r.is_same and not r.is_live
    )
  order by r.is_own desc, r.is_live desc, r.is_same desc, s.source_id desc
  limit 1
  for no key update of s;
  if not found then
    insert into lastgood.source
      (name, type, system_id, scope, settings, deleted_at, origin, origin_name)
    values (
      case when p_is_resumed then lastgood.free_source_name(p_name) else p_name end,
      p_type, v_system_id, p_scope, p_settings, v_deleted_at, p_origin, p_name
    )
    returning source_id into v_source_id;
  elsif p_is_resumed then
    -- One that was attached beside, or whose settings could not be read then.
    update lastgood.source as s
    set deleted_at = null,
      name = case when s.deleted_at is null then s.name
        else lastgood.free_source_name(s.name) end,
      settings = case s.settings when '{}' then p_settings else s.settings end
    where s.source_id = v_source_id and s.origin is not null
      and (s.deleted_at is not null or s.settings = '{}');
  end if;
  return v_source_id;
end;
$$;

comment on function lastgood.attach_source(uuid, text, text, text, text, jsonb, boolean) is
  'The source of backups that are attached, made where it is not known; returns its id.';
