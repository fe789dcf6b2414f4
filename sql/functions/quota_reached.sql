-- What a provider may keep and does, in words: so many backups, or bytes; null where it has room.
-- What is not DELETED counts, what is being made too; a copy that gives way does not.
create or replace function lastgood.quota_reached(
  p_provider_id bigint,
  p_outgoing_id bigint default null
)
  returns text
  language plpgsql
  stable
  set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select r.quota
    from lastgood.provider as p
    cross join lateral (
      values
        (p.max_backups <= (
          select count(*)
          from lastgood.backup_copy as c
          where c.provider_id = p.provider_id and c.state <> 'DELETED'
            and c.backup_copy_id is distinct from p_outgoing_id
        ), format('%s backups', p.max_backups)),
        (p.max_bytes <= (
          select s.stored_bytes
          from lastgood.provider_status as s
          where s.provider_id = p.provider_id
        ), format('%s bytes', p.max_bytes))
    ) as r(is_so, quota)
    where p.provider_id = p_provider_id and r.is_so
    limit 1
  );
end;
$$;

comment on function lastgood.quota_reached(bigint, bigint) is
  'What a provider may keep and does, in words; null where it has room.';
