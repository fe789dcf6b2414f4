-- Which of these backups, of which something lies at a provider, lie there by mistake: they failed,
-- and were removed there. A process that was asleep for longer than its lease may have written that
-- afterwards, and died. Returns them with their layout. What lies there under the name of a copy
-- that was never begun is of another backup, see begin_copy.
--
-- SECURITY DEFINER: operators have no right to the tables. Raises LG054.
create or replace function lastgood.stray_backups(
  p_provider_id bigint,
  p_names       text[]
)
  returns jsonb
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
begin
  perform lastgood.lock_provider(p_provider_id);
  return (
    select coalesce(
      jsonb_agg(jsonb_build_object('backup', b.name, 'layout', c.layout) order by b.name), '[]'
    )
    from lastgood.backup as b
    join lastgood.backup_copy as c on c.backup_id = b.backup_id
    where b.name = any (p_names) and b.origin is null and b.state = 'FAILED'
      and c.provider_id = p_provider_id and c.state = 'DELETED' and c.is_begun
      -- One that was made elsewhere may be called the same.
      and not exists (
        select
        from lastgood.backup as o
        join lastgood.backup_copy as k on k.backup_id = o.backup_id
        where o.origin_name = b.name and k.provider_id = p_provider_id and k.state <> 'DELETED'
      )
  );
end;
$$;

comment on function lastgood.stray_backups(bigint, text[]) is
  'Those of these backups that failed and were removed at a provider: nothing is to lie there.';
