-- Why a report cannot count, or null when it can.
create or replace function lastgood.event_defect(
  p_scope   text,
  p_done_at timestamptz,
  p_status  integer,
  p_fqdn    text
)
  returns text
  language sql
  immutable
begin atomic
  select case
    when p_scope is null or p_scope = '' then 'it names no scope'
    when char_length(p_scope) > 64 then 'the scope is longer than 64 characters'
    when p_done_at is null then 'it has no done_at'
    when not isfinite(p_done_at) then 'done_at is infinite'
    when p_status is null or p_status not in (-1, 0, 1) then 'the status is none of -1, 0 and 1'
    when char_length(p_fqdn) > 255 then 'the fqdn is longer than 255 characters'
  end;
end;

comment on function lastgood.event_defect(text, timestamptz, integer, text) is
  'Says why a report with these values cannot count, or null when it can.';
