-- What is wrong with a value, or null when nothing is. Integers are read as Java's Integer.parseInt
-- reads them: a sign and leading zeros, but no blanks, and nothing beyond 32 bits.
create or replace function lastgood.config_value_defect(
  p_type         text,
  p_valid_values text,
  p_value        text
)
  returns text
  language plpgsql
  immutable
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_valid text;
begin
  if p_value is null then
    return 'it must not be null';
  elsif char_length(p_value) > 2000 then
    return 'it must have at most 2000 characters';
  elsif p_type = 'Integer' then
    v_valid := coalesce('; valid values are [' || p_valid_values || ']', '');
    if p_value !~ '^[+-]?[0-9]+$' then
      return 'it must be a whole number' || v_valid;
    elsif p_value !~ '^[+-]?0*[0-9]{1,10}$' then
      return 'it is out of range' || v_valid;
    elsif p_value::bigint not between -2147483648 and 2147483647 then
      return 'it is out of range' || v_valid;
    elsif p_valid_values is not null and not exists (
      select
      from regexp_split_to_table(p_valid_values, ',') as part(range)
      cross join lateral regexp_split_to_array(part.range, '\.\.') as bound(ends)
      where p_value::bigint between bound.ends[1]::bigint
        and bound.ends[cardinality(bound.ends)]::bigint
    ) then
      return 'it is out of range' || v_valid;
    end if;
  elsif p_type = 'Boolean' and p_value not in ('true', 'false') then
    return 'it must be true or false';
  elsif p_type = 'ScopeList'
    and lastgood.tidy_scopes(regexp_split_to_array(btrim(p_value), '\s*,\s*')) is null
  then
    return 'it must name 1 to 100 scopes of 1 to 64 characters, separated by commas';
  elsif p_type = 'Url' and p_value <> '' and p_value !~ '^https?://[^[:space:][:cntrl:]]+$' then
    return 'it must be empty or start with http:// or https://';
  end if;
  return null;
end;
$$;

comment on function lastgood.config_value_defect(text, text, text) is
  'Says what is wrong with a value for a config key of this type, or null when it is valid.';
