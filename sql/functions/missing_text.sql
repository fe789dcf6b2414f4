-- What of an attached backup could not be read, as its reason: null where that is nothing.
create or replace function lastgood.missing_text(p_missing bigint)
  returns text
  language sql
  immutable
begin atomic
  select case
    when p_missing is null then 'its manifest does not say whether all could be read'
    when p_missing > 0 then format('%s could not be read', p_missing)
  end;
end;

comment on function lastgood.missing_text(bigint) is
  'The reason of an attached backup by how much could not be read; null for nothing.';
