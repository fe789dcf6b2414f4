/**
 * The public surface of lastgood for programs: get-only readers, what changes systems, and the installer.
 * What decides lives in SQL; see `lastgood.system_status`.
 */
export { type SystemSettings, Systems } from "./admin/systems.ts";
export { install, type InstallResult } from "./install.ts";
export { installScript } from "./install-script.ts";
export { ActiveAlertDao, type ActiveAlert } from "./dao/active-alert.ts";
export { AuditLogDao, type AuditEvent, type AuditEventFilter } from "./dao/audit-log.ts";
export { BackupConfigDao, type BackupConfig } from "./dao/backup-config.ts";
export {
  BackupStatusDao,
  type Activity,
  type BackupStatus,
  type BackupStatusFilter,
  type State,
} from "./dao/backup-status.ts";
export { CheckSummaryDao, type CheckSummary } from "./dao/check-summary.ts";
export {
  EngineBackupLogDao,
  type EngineBackupLog,
  type EngineBackupLogFilter,
} from "./dao/engine-backup-log.ts";
export type { Page, Queryable } from "./dao/queryable.ts";
export { SystemDao, type System } from "./dao/system.ts";
export {
  SystemStatusDao,
  type SystemStatus,
  type SystemStatusFilter,
} from "./dao/system-status.ts";
export {
  InstallError,
  LastgoodError,
  NotFoundError,
  ProgramError,
  UnreachableError,
  UsageError,
} from "./errors.ts";
