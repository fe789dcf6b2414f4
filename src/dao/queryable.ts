import type { Client } from "pg";

/** Whatever can run a statement: a client, a pool's client, or a pool. */
export type Queryable = Pick<Client, "query">;

/** How many rows a page of the logs has. */
export const defaultLimit = 50;

/** A page of a list that is newest first. */
export interface Page {
  /** How many rows at most, 1 to 1000; 50 without it. */
  readonly limit?: number;
  /** Rows older than the one with this id; the last `audit_log_id` of the page before. */
  readonly before?: number;
}

/** @throws RangeError for a limit outside 1 to 1000 */
export function pageLimit<Default>(
  page: { readonly limit?: number },
  whenAbsent: Default,
): number | Default {
  const { limit } = page;
  if (limit === undefined) {
    return whenAbsent;
  }
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    throw new RangeError(`the limit of a page is 1 to 1000, not ${limit}`);
  }
  return limit;
}

/** Null stays null; everything else that a driver may hand out for a number becomes one. */
export function toNumber(value: string | number | null): number | null {
  return value === null ? null : Number(value);
}
