import type { Client } from "pg";
import { RetentionDao } from "../dao/retention.ts";
import { type Io, remark } from "../io.ts";

/** Says on stderr for which schedules a provider may keep too few backups. */
export async function warnOfQuotas(
  io: Io,
  client: Client,
  of: { readonly schedule?: number; readonly provider?: string },
): Promise<void> {
  for (const { warning, hint } of await new RetentionDao(client).getQuotaWarnings(of)) {
    remark(io, `lastgood: warning: ${warning}`);
    remark(io, `hint: ${hint}`);
  }
}
