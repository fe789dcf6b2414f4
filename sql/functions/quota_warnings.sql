-- Enabled schedules that hold more backups than a provider may keep before they let go of any, so
-- that none fits for good; of one, or at one, where it is given. The newest that are kept, and all
-- that the oldest of them builds on, are there when the next one starts: a chain, and as many as
-- --keep-last says. What other settings keep comes on top and is not counted.
--
-- SECURITY DEFINER: readers have no right to the tables.
create or replace function lastgood.quota_warnings(
  p_schedule_id bigint default null,
  p_provider    text default null
)
  returns table (schedule_id bigint, schedule text, provider text, warning text, hint text)
  language sql
  stable
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
begin atomic
  with usual as materialized (
    select
      lastgood.default_providers() as providers,
      lastgood.get_config_value('BackupMaxChainLength')::integer as chain
  )
  select
    s.schedule_id, s.name, p.name,
    format(
      'provider "%s" may keep %s backups, and schedule "%s" needs room for %s: %s; once it is'
        ' full, no run succeeds', p.name, p.max_backups, s.name, r.chain + r.kept,
      case when r.chain > 1 then format('a chain of %s and %s of the next one', r.chain, r.kept)
        else format('%s that it keeps and one more', r.kept) end
    ),
    concat_ws(
      '; or let',
      case
        when r.chain > 1 and p.max_backups - r.kept >= 2 then format(
          'Let chains be shorter: lastgood schedule update %s --max-chain %s', s.schedule_id,
          p.max_backups - r.kept
        )
        when r.chain > 1 and p.max_backups > r.kept
          then format('Make full backups: lastgood schedule update %s --full', s.schedule_id)
        when p.max_backups > r.chain then format(
          'Keep fewer: lastgood schedule update %s --keep-last %s', s.schedule_id,
          p.max_backups - r.chain
        )
        else 'Name another provider'
      end,
      format(' it keep more: lastgood provider set %s --max-backups %s', p.name, r.chain + r.kept)
    )
  from usual
  cross join lastgood.schedule as s
  cross join lateral (
    select
      -- Those on a fixed parent do not build on one another.
      case when s.kind = 'incremental' and s.parent_id is null
        then coalesce(s.max_chain, usual.chain) else 1 end as chain,
      coalesce(s.keep_last, 1) as kept
  ) as r
  join lastgood.provider as p
    on p.name = any (coalesce(nullif(s.providers, '{}'), usual.providers))
  join lastgood.provider_type as t on t.type = p.type
  where s.is_enabled and s.deleted_at is null
    and s.schedule_id = coalesce(p_schedule_id, s.schedule_id)
    and p.name = coalesce(p_provider, p.name)
    -- Where few of a source fit, the oldest gives way.
    and t.max_backups is null and t.keeps <> 'nothing'
    and p.max_backups < r.chain + r.kept
  order by s.schedule_id, p.name;
end;

comment on function lastgood.quota_warnings(bigint, text) is
  'Schedules for which a provider may keep too few backups, with what to do about it.';
