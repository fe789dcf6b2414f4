import type { ClientConfig } from "pg";

/**
 * Names a database as HOST:PORT/DATABASE, so that an event that waits for one is not sent to another.
 *
 * No user and no password; bin/log-backup-event.sh makes the same name from the same settings.
 */
export function targetOf(config: ClientConfig): string {
  if (config.connectionString !== undefined) return targetOfUrl(config.connectionString);
  const { host = "", port = 5432, database = config.user ?? "" } = config;
  return `${host}:${port}/${database}`;
}

function targetOfUrl(text: string): string {
  const [before = "", query = ""] = text.slice(text.indexOf("://") + 3).split(/\?(.*)/s);
  const slash = before.indexOf("/");
  const authority = slash < 0 ? before : before.slice(0, slash);
  const database = slash < 0 ? "" : before.slice(slash + 1);
  const host = /(?:^|&)host=([^&]*)/.exec(query)?.[1] ?? authority.replace(/^.*@/s, "");
  return `${/:.*\d$/s.test(host) ? host : `${host}:5432`}/${database}`;
}
