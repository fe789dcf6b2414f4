-- Labels without repetition, in order. Raises LG071 for what is no word.
create or replace function lastgood.check_labels(p_labels text[])
  returns text[]
  language plpgsql
  immutable
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_bad text;
begin
  select given.label
  into v_bad
  from unnest(p_labels) as given(label)
  where (given.label ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$') is not true
  limit 1;
  if found then
    raise exception 'a label cannot be "%"', v_bad
      using errcode = 'LG071',
        hint = 'Use letters, digits, dots, dashes and underscores, a letter or digit first.';
  end if;
  return array(
    select distinct given.label
    from unnest(p_labels) as given(label)
    order by given.label
  );
end;
$$;

comment on function lastgood.check_labels(text[]) is
  'Labels as they are kept: each once, in order.';
