-- The alerts that these systems deserve now, with their texts.
--
-- plpgsql and a generic plan: reports ask for one system each, and planning takes ten times as long
-- as that.
create or replace function lastgood.alert_messages(p_fqdns text[])
  returns table (fqdn text, log_type_name text, message text)
  language plpgsql
  stable
  set search_path = pg_catalog, pg_temp
  set intervalstyle = 'postgres'
  set plan_cache_mode = force_generic_plan
  set jit = off
as $$
begin
  return query
  with scopes as (
    select
      b.fqdn,
      string_agg(b.scope, ', ' order by b.scope) filter (where b.state = 'missing') as missing,
      string_agg(b.scope, ', ' order by b.scope) filter (where b.state = 'outdated') as outdated,
      string_agg(b.scope, ', ' order by b.scope) filter (where b.activity = 'failing') as failing,
      string_agg(b.scope, ', ' order by b.scope) filter (where b.activity = 'stuck') as stuck,
      -- What schedules have to do with it, scope by scope.
      string_agg(
        ' Scope ' || b.scope || ': ' || nullif(concat_ws(
          '; ',
          case when b.state = 'outdated' and b.due_by is not null then format(
            'due at %s UTC by its schedule %s',
            to_char(b.due_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'), b.due_by
          ) end,
          lastgood.schedule_notes(b.fqdn, b.scope)
        ), '') || '.',
        '' order by b.scope
      ) filter (where b.state <> 'ok' and b.schedule_state <> 'none') as schedules
    from lastgood.backup_status as b
    where b.is_required and b.fqdn = any (p_fqdns)
    group by b.fqdn
  )
  select
    s.fqdn,
    s.alert,
    concat(
      case when s.last_full_backup_at is null
        then format(
          'There is no full backup of %s available (missing: %s).',
          coalesce(nullif(s.fqdn, ''), 'the system without a name'), scopes.missing
        )
        else format(
          'Full backup of %s was created on %s UTC and it''s too old'
            ' (age: %s, allowed: %s, outdated: %s).',
          coalesce(nullif(s.fqdn, ''), 'the system without a name'),
          to_char(s.last_full_backup_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
          date_trunc('second', s.age), s.alert_after, scopes.outdated
        )
      end,
      ' Its data is at risk: please run engine-backup, or your own backup tool,',
      ' to prevent data loss in case of corruption.',
      ' The last attempts failed: ' || scopes.failing || '.',
      ' Started and never ended: ' || scopes.stuck || '.',
      scopes.schedules,
      ' See ' || nullif((
        select c.value
        from lastgood.backup_config as c
        where c.name = 'BackupDocumentationUrl'
      ), '')
    )
  from lastgood.system_status as s
  join scopes on scopes.fqdn = s.fqdn
  where s.alert is not null and s.fqdn = any (p_fqdns);
end;
$$;

comment on function lastgood.alert_messages(text[]) is
  'The alert, if any, that each of these systems deserves now: its event and text.';
