-- What an incremental backup builds on; null makes it full. Asked for without a parent, it is the
-- newest of the source that will do. One that is PARTIAL will: what it lacks is read as if it were
-- new, and a source where something is always bad would never be incremental else. The row stays
-- locked, so that nobody deletes it meanwhile.
-- Where few backups fit each is whole, and nothing builds on it: it gives way to later ones.
-- Raises LG032 where the type of the source cannot increment, LG033 for a parent that will not do.
create or replace function lastgood.choose_parent(
  p_source_id      bigint,
  p_providers      bigint[],
  p_is_incremental boolean,
  p_parent_id      bigint
)
  returns bigint
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_type      text;
  v_parent_id bigint;
begin
  if p_parent_id is null and not p_is_incremental then
    return null;
  end if;
  select t.type
  into v_type
  from lastgood.source as s
  join lastgood.source_type as t on t.type = s.type
  where s.source_id = p_source_id and not t.can_increment;
  if found then
    raise exception 'backups of type "%" cannot be incremental', v_type
      using errcode = 'LG032', hint = 'Make a full backup: leave out --incremental and --parent.';
  end if;
  select b.backup_id
  into v_parent_id
  from lastgood.backup as b
  where b.source_id = p_source_id and b.state in ('COMPLETE', 'PARTIAL')
    and (p_parent_id is null or b.backup_id = p_parent_id)
    and lastgood.chain_length(b.backup_id) is not null
    and exists (
      select
      from lastgood.backup_copy as c
      join lastgood.provider as p on p.provider_id = c.provider_id
      join lastgood.provider_type as t on t.type = p.type
      where c.backup_id = b.backup_id and c.provider_id = any (p_providers)
        and c.state = 'COMPLETE' and t.max_backups is null
    )
  order by b.ended_at desc, b.backup_id desc
  limit 1
  for share;
  if v_parent_id is null and p_parent_id is not null then
    raise exception 'backup % cannot be the parent', p_parent_id
      using errcode = 'LG033', hint = 'It must be of the same source, COMPLETE or PARTIAL as'
        ' all that it builds on, and have a good copy at one of these providers that keeps as many'
        ' as there are: lastgood backup list';
  end if;
  return v_parent_id;
end;
$$;

comment on function lastgood.choose_parent(bigint, bigint[], boolean, bigint) is
  'The backup on which a new one builds, or null for a full one.';
