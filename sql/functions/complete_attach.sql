-- Ends an attach. What goes on reports each COMPLETE backup that never did here, as of its own end,
-- so that the verdict knows the last good one; its system requires its scope. Returns the sources
-- with what lies there of them. Safe to repeat: nothing is reported twice. Manifests that could not
-- be read may need any pack there is: those stay as long as the manifests do.
--
-- SECURITY DEFINER: operators have no right to the tables. Raises LG051.
create or replace function lastgood.complete_attach(
  p_provider_id bigint,
  p_unreadable  text[] default '{}'
)
  returns jsonb
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_id       bigint;
  v_where    text;
  v_attached jsonb;
begin
  perform lastgood.note_unreadable(p_provider_id, p_unreadable);
  update lastgood.pack as k
  set suspected_at = clock_timestamp()
  where k.provider_id = p_provider_id and exists (
    select
    from lastgood.backup_copy_pack as u
    join lastgood.backup_copy as c on c.backup_copy_id = u.backup_copy_id
    where u.pack_id = k.pack_id and c.state in ('CORRUPT', 'MISSING')
  );
  -- Newest first: the first one may end an alert, which is judged with each report else.
  for v_id, v_where in
    select b.backup_id, p.name
    from lastgood.backup as b
    join lastgood.backup_copy as c on c.backup_id = b.backup_id
    join lastgood.provider as p on p.provider_id = c.provider_id
    join lastgood.source as s on s.source_id = b.source_id
    where c.provider_id = p_provider_id and b.state = 'COMPLETE' and b.attached_at is not null
      and s.deleted_at is null
      and not exists (select from lastgood.audit_log as a where a.event_id = b.ended_event)
    order by b.ended_at desc
  loop
    perform lastgood.report_backup(v_id, 1, format(
      'A backup that was made elsewhere was attached with provider "%s".', v_where
    ));
  end loop;
  perform lastgood.require_scopes_of(p_provider_id);
  v_attached := lastgood.describe_attached(p_provider_id);
  perform lastgood.add_audit_event(9128, format(
    '%s attached provider "%s", where %s backups lie.%s', session_user, p.name, (
      select count(*)
      from lastgood.backup_copy as c
      where c.provider_id = p_provider_id
    ), (
      select string_agg(format(
        ' Source "%s", as it was elsewhere, goes on with %s.', d.source,
        lastgood.settings_text(d.settings)
      ), '' order by d.source)
      from jsonb_to_recordset(v_attached) as d(source text, settings jsonb)
      where d.settings <> '{}'
    )
  ))
  from lastgood.provider as p
  where p.provider_id = p_provider_id;
  perform lastgood.settle_alerts_of(p_provider_id);
  return v_attached;
end;
$$;

comment on function lastgood.complete_attach(bigint, text[]) is
  'Ends an attach: reports what goes on, and returns the sources with what lies there.';
