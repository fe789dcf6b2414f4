-- Adds a place that keeps backups. Raises LG020 for an unknown type, LG021 and LG022 for the name,
-- LG023 for a layout that the type has not, LG024 for recipients of trees, LG025 for settings,
-- LG056 for the name of a group.
--
-- SECURITY DEFINER: operators add providers here, and not in the table.
create or replace function lastgood.add_provider(
  p_name       text,
  p_type       text,
  p_settings   jsonb default '{}',
  p_layout     text default null,
  p_recipients text[] default '{}',
  p_group      text default null
)
  returns bigint
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_layouts     text[];
  v_layout      text;
  v_recipients  text[];
  v_provider_id bigint;
begin
  perform lastgood.check_name(p_name);
  perform lastgood.check_settings(p_settings);
  select t.layouts
  into v_layouts
  from lastgood.provider_type as t
  where t.type = p_type;
  if not found then
    raise exception 'there is no provider type "%"', p_type
      using errcode = 'LG020', hint = 'Select the types from lastgood.provider_type.';
  end if;
  v_layout := coalesce(p_layout, v_layouts[1]);
  if v_layout is not null and v_layout <> all (v_layouts) then
    raise exception 'a provider of type "%" has no layout "%"', p_type, v_layout
      using errcode = 'LG023', hint = case when v_layouts = '{}' then 'It keeps nothing.'
        else 'It has: ' || array_to_string(v_layouts, ', ') || '.' end;
  end if;
  select coalesce(array_agg(distinct given.recipient), '{}')
  into v_recipients
  from unnest(p_recipients) as given(recipient)
  where given.recipient <> '';
  if v_recipients <> '{}' and v_layout is distinct from 'pack' then
    raise exception 'only layout pack can be encrypted, not %', coalesce(v_layout, 'none')
      using errcode = 'LG024', hint = case when 'pack' = any (v_layouts)
        then 'Files of a tree are plain, and hard links share them: use --layout pack.'
        else 'It keeps nothing that could be encrypted.' end;
  end if;
  if btrim(p_group) = '' then
    raise exception 'a group needs a name'
      using errcode = 'LG056', hint = 'Leave the group out for a provider that keeps everything.';
  end if;
  insert into lastgood.provider (name, type, settings, layout, recipients, group_name)
  values (p_name, p_type, p_settings, v_layout, v_recipients, p_group)
  on conflict (name) do nothing
  returning provider_id into v_provider_id;
  if v_provider_id is null then
    raise exception 'there is a provider "%" already', p_name
      using errcode = 'LG022', hint = 'Choose another name.';
  end if;
  perform lastgood.add_audit_event(
    9118, format('%s added provider "%s" of type %s.', session_user, p_name, p_type)
  );
  return v_provider_id;
end;
$$;

comment on function lastgood.add_provider(text, text, jsonb, text, text[], text) is
  'Adds a place that keeps backups; returns its id.';
