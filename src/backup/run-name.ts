/** How the run of a backup is called in process lists and in pg_stat_activity. */
export function runNameOf(backupName: string): string {
  return `lastgood ${backupName}`;
}
