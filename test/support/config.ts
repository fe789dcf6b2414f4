import type { Client } from "pg";

/** Sets a config value; returns it as stored. */
export async function setConfig(
  session: Client,
  key: string,
  value: string | null,
): Promise<string> {
  const { rows } = await session.query<{ value: string }>(
    "select lastgood.set_config_value($1, $2) as value",
    [key, value],
  );
  return rows[0]?.value ?? "";
}

export async function getConfig(session: Client, key: string): Promise<string> {
  const { rows } = await session.query<{ value: string }>(
    "select lastgood.get_config_value($1) as value",
    [key],
  );
  return rows[0]?.value ?? "";
}

/** Messages of the events that config changes left, oldest first. */
export async function configChanges(session: Client): Promise<string[]> {
  const { rows } = await session.query<{ message: string }>(
    `select message from lastgood.audit_log
     where log_type_name = 'LASTGOOD_CONFIG_CHANGED' order by audit_log_id`,
  );
  return rows.map(({ message }) => message);
}
