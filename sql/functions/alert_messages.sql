-- The alerts that these systems deserve now, with their texts.
create or replace function lastgood.alert_messages(p_fqdns text[])
  returns table (fqdn text, log_type integer, message text)
  language sql
  stable
begin atomic
  with verdict as (
    select
      b.fqdn,
      bool_or(b.state = 'missing') as is_missing,
      string_agg(b.scope, ', ' order by b.scope) filter (where b.state = 'missing') as missing,
      string_agg(b.scope, ', ' order by b.scope) filter (where b.state = 'outdated') as outdated,
      string_agg(b.scope, ', ' order by b.scope) filter (where b.activity = 'failing') as failing,
      string_agg(b.scope, ', ' order by b.scope) filter (where b.activity = 'stuck') as stuck,
      min(b.last_success_at) as last_full_backup_at,
      max(b.age) as age,
      max(b.alert_after) as alert_after
    from lastgood.backup_status as b
    where b.is_required and b.fqdn = any (p_fqdns)
    group by b.fqdn
    having bool_or(b.state <> 'ok')
  )
  select
    v.fqdn,
    case when v.is_missing then 9022 else 9023 end,
    concat(
      case when v.is_missing
        then format(
          'There is no full backup of %s available (missing: %s).',
          coalesce(nullif(v.fqdn, ''), 'the system without a name'), v.missing
        )
        else format(
          'Full backup of %s was created on %s UTC and it''s too old (age: %s, allowed: %s, outdated: %s).',
          coalesce(nullif(v.fqdn, ''), 'the system without a name'),
          to_char(v.last_full_backup_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
          date_trunc('second', v.age), v.alert_after, v.outdated
        )
      end,
      ' Its data is at risk: please run engine-backup, or your own backup tool,',
      ' to prevent data loss in case of corruption.',
      ' The last attempts failed: ' || v.failing || '.',
      ' Started and never ended: ' || v.stuck || '.',
      ' See ' || nullif((
        select coalesce(c.value, k.default_value)
        from lastgood.config_key as k
        left join lastgood.config_value as c on c.name = k.name
        where k.name = 'BackupDocumentationUrl'
      ), '')
    )
  from verdict as v;
end;

comment on function lastgood.alert_messages(text[]) is
  'The alert, if any, that each of these systems deserves now: its type and text.';
