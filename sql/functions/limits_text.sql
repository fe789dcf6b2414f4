-- Limits for people, such as "max_running = 2"; one that is lifted is "none".
create or replace function lastgood.limits_text(p_limits jsonb)
  returns text
  language sql
  immutable
begin atomic
  select coalesce(
    string_agg(l.key || ' = ' || coalesce(l.value #>> '{}', 'none'), ', ' order by l.key), 'none'
  )
  from jsonb_each(p_limits) as l(key, value);
end;

comment on function lastgood.limits_text(jsonb) is
  'Limits of a source or a provider for people.';
