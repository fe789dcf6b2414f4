/**
 * The public surface of lastgood for programs: get-only readers, what changes systems, the
 * catalogue of backups and the calendar, and the installer.
 * What decides lives in SQL; see `lastgood.system_status`.
 */
export { Backups, type StartBackup, type Verification } from "./admin/backups.ts";
export type {
  CatalogueCopy,
  DeletingBackup,
  DescribedBackup,
  DescribedCopy,
  StartedBackup,
  StartedRestore,
} from "./admin/described.ts";
export {
  type Leftovers,
  Packs,
  type RepackCandidate,
  type UsedPack,
  type WrittenPack,
} from "./admin/packs.ts";
export { type NewProvider, type ProviderLimits, Providers } from "./admin/providers.ts";
export { Restores, type StartRestore } from "./admin/restores.ts";
export { type ScheduleChanges, Schedules, type ScheduleSettings } from "./admin/schedules.ts";
export { type NewSource, type SourceLimits, Sources } from "./admin/sources.ts";
export { type SystemSettings, Systems } from "./admin/systems.ts";
export { install, type InstallResult } from "./install.ts";
export { installScript } from "./install-script.ts";
export { ActiveAlertDao, type ActiveAlert } from "./dao/active-alert.ts";
export { AuditLogDao, type AuditEvent, type AuditEventFilter } from "./dao/audit-log.ts";
export {
  BackupDao,
  type BackupCopy,
  type BackupFilter,
  type BackupRow,
  type BackupState,
  type CopyState,
  type CopySummary,
  type VerificationResult,
} from "./dao/backup.ts";
export type { BackupItem } from "./dao/backup-item.ts";
export { BackupConfigDao, type BackupConfig } from "./dao/backup-config.ts";
export {
  BackupStatusDao,
  type Activity,
  type ScheduleState,
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
export {
  type Execution,
  type ExecutionCount,
  ExecutionDao,
  type ExecutionOutput,
  type ExecutionPage,
  type ExecutionState,
} from "./dao/execution.ts";
export { ProviderDao, type ProviderRow } from "./dao/provider.ts";
export type { Page, Queryable } from "./dao/queryable.ts";
export { QueueStatusDao, type QueueStatus } from "./dao/queue-status.ts";
export { RestoreDao, type RestoreFilter, type RestoreRow } from "./dao/restore.ts";
export {
  type NextRun,
  type PreviewOptions,
  type Schedule,
  ScheduleDao,
  type ScheduleInput,
} from "./dao/schedule.ts";
export { SourceDao, type SourceRow } from "./dao/source.ts";
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
