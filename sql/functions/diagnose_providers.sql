-- Places with manifests that could not be read when they were attached, or that the catalogue has
-- lost: what those may need stays.
-- Then those at which something could not be removed: it takes room until it is.
create or replace function lastgood.diagnose_providers()
  returns table (subject text, outcome text, detail text, hint text)
  language sql
  stable
begin atomic
  select r.subject, r.outcome, r.detail, r.hint
  from (
    select
      'provider ' || p.name as subject, 'warning' as outcome,
      format(
        '%s manifests there cannot be read or are not known, such as "%s"; %s stay for them alone',
        cardinality(p.unreadable), p.unreadable[1], pg_size_pretty(p.held_bytes)
      ) as detail,
      format('What to do with each: lastgood provider check %s', p.name) as hint
    from lastgood.provider_status as p
    where p.unreadable <> '{}'
    union all
    select
      'provider ' || p.name as subject, 'warning' as outcome,
      format(
        'copies and packs that nobody needs and that could not be removed: %s, tried %s times,'
          ' the next time after %s: %s',
        p.leftovers, p.sweep_failures, lastgood.time_text(p.sweep_at), p.sweep_error
      ) as detail,
      format('Workers try again. See what is wrong: lastgood provider check %s', p.name) as hint
    from lastgood.provider_status as p
    where p.sweep_failures > 0 and p.leftovers > 0
  ) as r
  order by r.subject, r.detail;
end;

comment on function lastgood.diagnose_providers() is
  'The part of diagnose about places with what cannot be read, or could not be removed.';
