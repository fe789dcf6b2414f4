-- Changes who may run backups of a source, and how many at once: labels and max_running, of which
-- what is not named stays. Raises LG028, LG071 for labels, LG079 for what is no limit.
--
-- SECURITY DEFINER: operators change sources here, and not in the table.
create or replace function lastgood.set_source_limits(
  p_name   text,
  p_limits jsonb
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_source_id bigint := lastgood.find_source(p_name);
begin
  perform lastgood.check_limits(p_limits, array['labels', 'max_running']);
  update lastgood.source as s
  set labels = case when p_limits ? 'labels' then lastgood.check_labels(array(
      select jsonb_array_elements_text(coalesce(nullif(p_limits -> 'labels', 'null'), '[]'))
    )) else s.labels end,
    max_running = case when p_limits ? 'max_running'
      then coalesce((p_limits ->> 'max_running')::integer, 1) else s.max_running end
  where s.source_id = v_source_id;
  perform lastgood.add_audit_event(9130, format(
    '%s changed limits of source "%s": %s.', session_user, p_name, lastgood.limits_text(p_limits)
  ), y.fqdn, s.scope)
  from lastgood.source as s
  join lastgood.system as y on y.system_id = s.system_id
  where s.source_id = v_source_id;
end;
$$;

comment on function lastgood.set_source_limits(text, jsonb) is
  'Changes the labels of a source and how many of its backups may run at once.';
