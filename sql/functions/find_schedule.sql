-- A schedule as people name it: by its id, for its history also once it is deleted, or by its name
-- where only one has it. Raises LG074 where there is none, LG075 where there are several, in the
-- words of Trove.
--
-- SECURITY DEFINER: readers and operators have no right to the table.
create or replace function lastgood.find_schedule(p_ref text)
  returns bigint
  language plpgsql
  stable
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_ids bigint[];
begin
  if p_ref ~ '^[0-9]{1,18}$' then
    v_ids := array(
      select s.schedule_id
      from lastgood.schedule as s
      where s.schedule_id = p_ref::bigint
    );
  else
    v_ids := array(
      select s.schedule_id
      from lastgood.schedule as s
      where s.name = p_ref and s.deleted_at is null
      order by s.schedule_id
    );
  end if;
  if cardinality(v_ids) = 0 then
    raise exception 'No schedule with a name or ID of ''%'' exists.', p_ref
      using errcode = 'LG074', hint = 'See ids and names with: lastgood schedule list SOURCE';
  elsif cardinality(v_ids) > 1 then
    raise exception
        'Multiple schedule matches found for ''%'', use an ID to be more specific.', p_ref
      using errcode = 'LG075', hint = 'There are: ' || array_to_string(v_ids[1:10], ', ');
  end if;
  return v_ids[1];
end;
$$;

comment on function lastgood.find_schedule(text) is
  'The id of a schedule by its id or name; LG074 where there is none, LG075 where there are more.';
