-- What a setting of a schedule may be, for people.
create or replace function lastgood.schedule_value_hint(p_column text)
  returns text
  language sql
  immutable
begin atomic
  select case
    when p_column in ('first_at', 'until_at') then 'Write a time as 2030-01-31T08:00:00Z, or none.'
    when p_column = 'timeout' then 'Give an interval such as 90 minutes, 1h or 2 days, or none.'
    when p_column = 'backoff' then 'Give an interval such as 1 minute or 1h; not none.'
    when p_column = 'grace' then 'Give an interval such as 30 minutes, 2h or 0; not none.'
    when p_column = 'max_chain' then 'Give a whole number from 2 to 10000, or none.'
    when p_column = 'retries' then 'Give a whole number from 0 to 100.'
    when p_column = 'missed_cap' then 'Give a whole number from 1 to 1000.'
    when p_column = 'keep_proven' then 'Give a whole number of 1 or more.'
    when p_column = 'max_runs' or p_column like 'keep%' then
      'Give a whole number of 1 or more, or none.'
    when p_column = 'overlap' then 'It is skip or queue.'
    when p_column = 'missed' then 'It is skip, once or all.'
    when p_column = 'on_missing_parent' then 'It is full or fail.'
    when p_column = 'kind' then 'It is full or incremental.'
    when p_column = 'parent_id' then 'Give the id of a backup, for incremental ones alone.'
    when p_column = 'providers' then 'Give a list of names.'
    when p_column = 'is_enabled' then 'It is true or false.'
    else 'Give a text; not none.'
  end;
end;

comment on function lastgood.schedule_value_hint(text) is
  'What a setting of a schedule may be, for people.';
