-- Says which roles may report about a system; null lets every reporter do so. Reports of others
-- become warning events. Raises LG004 for an unknown system, LG007 for an unknown role.
--
-- SECURITY DEFINER: operators change systems here, and not in the table.
create or replace function lastgood.set_reporters(
  p_fqdn      text,
  p_reporters text[]
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_system_id bigint := lastgood.find_system(p_fqdn);
  v_unknown   text;
begin
  select given.role
  into v_unknown
  from unnest(p_reporters) as given(role)
  where not exists (select from pg_catalog.pg_roles as r where r.rolname = given.role)
  limit 1;
  if found then
    raise exception 'there is no role "%"', v_unknown
      using errcode = 'LG007', hint = 'Create the role first, then name it as a reporter.';
  end if;
  update lastgood.system as s
  set reporters = nullif(p_reporters, '{}')
  where s.system_id = v_system_id and s.reporters is distinct from nullif(p_reporters, '{}');
  if found then
    perform lastgood.add_audit_event(9112, format(
      '%s let %s report about "%s".', session_user,
      coalesce(array_to_string(nullif(p_reporters, '{}'), ', '), 'every reporter'), p_fqdn
    ), p_fqdn);
  end if;
end;
$$;

comment on function lastgood.set_reporters(text, text[]) is
  'Sets which roles may report about a system; null lets every reporter do so.';
