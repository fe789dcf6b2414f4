-- Lets nobody else decide about the backups of the same source until this transaction ends; returns
-- the system. Which one is the newest good of a source is then the same for all.
create or replace function lastgood.lock_source_of(p_backup_id bigint)
  returns text
  language sql
  volatile
begin atomic
  select y.fqdn
  from lastgood.backup as b
  join lastgood.source as s on s.source_id = b.source_id
  join lastgood.system as y on y.system_id = s.system_id
  where b.backup_id = p_backup_id
  for no key update of s;
end;

comment on function lastgood.lock_source_of(bigint) is
  'Serialises decisions about the backups of one source; returns its system.';
