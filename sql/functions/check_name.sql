-- Raises LG021 for what cannot be the name of a source, provider or backup: it becomes a part of
-- keys at providers, and a number would be taken for an id.
create or replace function lastgood.check_name(
  p_name   text,
  p_length integer default 63
)
  returns void
  language plpgsql
  immutable
  set search_path = pg_catalog, pg_temp
as $$
begin
  if p_name is null or p_name !~ '^[A-Za-z0-9][A-Za-z0-9._-]*$' or p_name ~ '^[0-9]+$'
    or char_length(p_name) > p_length
  then
    raise exception 'this cannot be a name: %', coalesce(quote_literal(left(p_name, 200)), 'null')
      using errcode = 'LG021', hint = format(
        'Use up to %s letters, digits, dots, dashes and underscores, not digits alone, with a'
          ' letter or digit first.', p_length
      );
  end if;
end;
$$;

comment on function lastgood.check_name(text, integer) is
  'Refuses what cannot be the name of a source, provider or backup.';
