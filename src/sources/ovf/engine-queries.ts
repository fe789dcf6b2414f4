/** Whether there is such a table, and our role may read it. */
export const hasTable: string =
  "select pg_catalog.has_table_privilege(pg_catalog.to_regclass($1), 'select') as has";

/** Without the documents themselves. */
export const listDocuments: string = `
  select vm_guid::text as key, storage_pool_id::text as "poolId",
    ovf_generation::text as generation, octet_length(ovf_data) as size
  from vm_ovf_generations
  order by vm_guid::text collate "C"`;

export const fetchDocuments: string = `
  select vm_guid::text as key, ovf_data as data
  from vm_ovf_generations
  where vm_guid = any ($1)`;

export const listPools: string = "select id::text as id, name from storage_pool";

/** Of machines that are not down. */
export const listStatuses: string =
  "select vm_guid::text as id, status from vm_dynamic where status <> 0";

export const serverVersion: string =
  "select pg_catalog.current_setting('server_version') as version";
