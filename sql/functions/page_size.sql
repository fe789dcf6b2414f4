-- How many rows a page holds, null for all. Raises LG079 where it would hold none.
create or replace function lastgood.page_size(p_limit integer)
  returns integer
  language plpgsql
  immutable
  set search_path = pg_catalog, pg_temp
as $$
begin
  if p_limit < 1 then
    raise exception 'a page cannot hold % executions', p_limit
      using errcode = 'LG079', hint = 'Give a limit of 1 or more, or none.';
  end if;
  return p_limit;
end;
$$;

comment on function lastgood.page_size(integer) is
  'How many rows a page holds; LG079 where it would hold none.';
