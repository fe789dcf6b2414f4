import type { ClientConfig } from "pg";

const local = new Set(["", "localhost", "127.0.0.1", "::1"]);

/**
 * Names a database as HOST:PORT/DATABASE, so that an event that waits for one is not sent to another.
 * Every way to this host has one name, localhost: a socket leads to the server that a port does.
 *
 * No user and no password; bin/log-backup-event.sh makes the same name from the same settings.
 */
export function targetOf({ host, port, database, user }: ClientConfig): string {
  const name = host ?? "";
  const place = name.startsWith("/") || local.has(name) ? "localhost" : name;
  return `${place}:${port ?? 5432}/${database ?? user ?? ""}`;
}
