-- Places with manifests that could not be read when they were attached: what those may need stays.
create or replace function lastgood.diagnose_providers()
  returns table (subject text, outcome text, detail text, hint text)
  language sql
  stable
begin atomic
  select
    'provider ' || p.name as subject, 'warning' as outcome,
    format(
      '%s manifests there cannot be read, such as "%s"; %s stay for them alone',
      cardinality(p.unreadable), p.unreadable[1], pg_size_pretty(p.held_bytes)
    ) as detail,
    format('What to do with each: lastgood provider check %s', p.name) as hint
  from lastgood.provider_status as p
  where p.unreadable <> '{}'
  order by p.name;
end;

comment on function lastgood.diagnose_providers() is
  'The part of diagnose about places with manifests that cannot be read.';
