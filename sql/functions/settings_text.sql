-- Settings as people write them, each cut to 200 characters; null where there are none. Only for
-- those that their type's schema has taken: it has no secrets in them, but their names.
create or replace function lastgood.settings_text(p_settings jsonb)
  returns text
  language sql
  immutable
begin atomic
  select string_agg(format(
    '%s=%s', s.key, regexp_replace(left(s.value, 200), '[[:cntrl:]]', '?', 'g')
  ), ', ' order by s.key)
  from jsonb_each_text(p_settings) as s(key, value);
end;

comment on function lastgood.settings_text(jsonb) is
  'Settings as key=value, with commas between them; null for none.';
