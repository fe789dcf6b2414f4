-- Adds a place that has backups already; what lies there is told with attach_source and
-- attach_backups, and complete_attach ends it, all in one transaction. Raises LG057 for a place
-- that is in use here, and what add_provider does.
--
-- SECURITY DEFINER: operators attach providers here, and not in the table.
create or replace function lastgood.attach_provider(
  p_name         text,
  p_type         text,
  p_settings     jsonb,
  p_layout       text,
  p_recipients   text[],
  p_group        text,
  p_installation uuid,
  p_marker       uuid
)
  returns bigint
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_name text;
begin
  select p.name
  into v_name
  from lastgood.provider as p
  join lastgood.installation as i on i.installation_id = p_installation
  where p.marker = p_marker;
  if found then
    raise exception 'the place is in use here, as provider "%"', v_name
      using errcode = 'LG057',
        hint = 'Its backups are known. Where some are missing: lastgood provider detach ' || v_name
          || ', then attach it again.';
  end if;
  return lastgood.add_provider(p_name, p_type, p_settings, p_layout, p_recipients, p_group);
end;
$$;

comment on function lastgood.attach_provider(
  text, text, jsonb, text, text[], text, uuid, uuid
) is 'Adds a place of another owner, or of a provider that was detached; returns its id.';
