-- The values of one field of a cron pattern, in order: lists, ranges, steps and, where the field
-- has names, these. Raises LG070 for what is none.
create or replace function lastgood.cron_field(
  p_field text,
  p_name  text,
  p_min   integer,
  p_max   integer,
  p_names text[] default '{}'
)
  returns integer[]
  language plpgsql
  immutable
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_part   text;
  v_match  text[];
  v_first  integer;
  v_last   integer;
  v_step   integer;
  v_values integer[] := array[]::integer[];
begin
  foreach v_part in array string_to_array(p_field, ',') loop
    v_match := regexp_match(
      v_part, '^(?:(\*)|(\d{1,2}|[a-z]{3})(?:-(\d{1,2}|[a-z]{3}))?)(?:/(\d{1,2}))?$', 'i'
    );
    v_first := coalesce(
      case when v_match[1] = '*' then p_min end,
      array_position(p_names, lower(v_match[2])) + p_min - 1,
      case when v_match[2] ~ '^\d' then v_match[2]::integer end
    );
    v_step := coalesce(v_match[4]::integer, 1);
    v_last := coalesce(
      array_position(p_names, lower(v_match[3])) + p_min - 1,
      case when v_match[3] ~ '^\d' then v_match[3]::integer end,
      -- A step goes on to the end of the field.
      case when v_match[1] = '*' or v_match[4] is not null then p_max else v_first end
    );
    if (v_first between p_min and v_last and v_last <= p_max and v_step > 0) is not true then
      raise exception 'the % of a pattern cannot be "%"', p_name, p_field
        using errcode = 'LG070', hint = format(
          'Give %s to %s, as lists (1,2), ranges (1-5) and steps (*/5).%s', p_min, p_max,
          ' Names are ' || nullif(array_to_string(p_names, ', '), '') || '.'
        );
    end if;
    v_values := v_values || array(select generate_series(v_first, v_last, v_step));
  end loop;
  return array(select distinct v from unnest(v_values) as v order by v);
end;
$$;

comment on function lastgood.cron_field(text, text, integer, integer, text[]) is
  'The values of one field of a cron pattern, in order.';
