import type { State } from "../dao/backup-status.ts";

/** One scene of the demo: when it is, what is done, and what the real views must show then. */
export interface Step {
  readonly title: string;
  /** Seconds after the demo's first moment. */
  readonly at: number;
  /** SQL that is shown and run; `:now` stands for the demo's time. */
  readonly statements: readonly string[];
  readonly state: State;
  /** The live alert, or null for none. */
  readonly alert: string | null;
}

export const demoHost = "engine.example.com";

const hour = 3_600;
const day = 24 * hour;

/** Two days: a fake time ahead of the real one could never see a fresh backup. */
export const storySeconds: number = 2 * day;

const check = "SELECT change, message FROM lastgood.check_backup_freshness()";

function report(scope: string): string {
  return (
    "SELECT lastgood_report.LogEngineBackupEvent(" +
    `'${scope}', ':now', 1, 'Finished.', '${demoHost}', '/var/log/backup.log')`
  );
}

export const story: readonly Step[] = [
  {
    title: "A system is watched and has never reported a backup: an alert is raised.",
    at: 0,
    statements: [`SELECT lastgood.add_system('${demoHost}')`, check],
    state: "missing",
    alert: "ENGINE_NO_FULL_BACKUP",
  },
  {
    title: "An hour later its backup script reports both parts of a full backup: the alert ends.",
    at: hour,
    statements: [report("db"), report("files")],
    state: "ok",
    alert: null,
  },
  {
    title: "Exactly a day after that backup it is as old as allowed, and still fresh.",
    at: hour + day,
    statements: [check],
    state: "ok",
    alert: null,
  },
  {
    title: "A second later it is outdated: an alert is raised.",
    at: hour + day + 1,
    statements: [check],
    state: "outdated",
    alert: "ENGINE_NO_WARM_BACKUP",
  },
  {
    title: "A new backup of the database alone is no full backup: the alert stays.",
    at: 2 * hour + day,
    statements: [report("db"), check],
    state: "outdated",
    alert: "ENGINE_NO_WARM_BACKUP",
  },
  {
    title: "With the files there is a fresh full backup again: the alert ends at once.",
    at: 2 * hour + day,
    statements: [report("files")],
    state: "ok",
    alert: null,
  },
];
