import type { Readable } from "node:stream";
import type { z } from "zod";
import { LastgoodError } from "../errors.ts";
import type { Env } from "../server/run.ts";

export const layoutNames = ["pack", "tree", "ovf-store"] as const;
/**
 * How the bytes of a backup lie at a provider: in few large objects, as plain directories, or as the
 * tar of OVF documents that oVirt reads.
 */
export type LayoutName = (typeof layoutNames)[number];

/** What every place of a type can do; the rows of lastgood.provider_type say the same. */
export interface Capabilities {
  readonly keeps: "any" | "ovf" | "nothing";
  /** How many backups fit, where that is limited. */
  readonly maxBackups?: number;
  /** The first one is the default. */
  readonly layouts: readonly LayoutName[];
}

export interface StoredObject {
  readonly key: string;
  readonly size: number;
}

/** A part of an object, in bytes. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** Who a place belongs to; written into it by `initialise`, compared by `open`. */
export interface Ownership {
  /** Of this installation: lastgood.installation. */
  readonly installation: string;
  /** Of this provider: `lastgood.provider.marker`. */
  readonly marker: string;
}

/**
 * A place that keeps objects by key: relative paths of `[A-Za-z0-9._-]` segments with `/` between
 * them. Every method throws {@link PlaceError}; what a place knows to have changed it gives as
 * CorruptError. Safe for several calls at once.
 */
export interface Provider {
  readonly capabilities: Capabilities;
  /** The root folder, where plain directories can be kept; layout `tree` needs it. */
  readonly folder?: string;
  /** The id that oVirt knows it by, where it is one of its storage domains. */
  readonly storageDomain?: string;
  /** The database in which it keeps its objects; as SourceType.protects names it. */
  readonly database?: string;
  /**
   * Stores an object: whole and durable when this resolves, or not there at all. Backpressure is the
   * body's: memory stays bounded whatever its size. A key that is there already is replaced whole.
   */
  put(key: string, body: AsyncIterable<Uint8Array>): Promise<void>;
  /** @throws PlaceError of kind `missing` where there is no such object, or the range lies beyond it */
  get(key: string, range?: ByteRange): Promise<Readable>;
  /** Undefined where there is no such object. */
  stat(key: string): Promise<StoredObject | undefined>;
  /** Every whole object whose key starts so, in no special order. */
  list(prefix: string): AsyncIterable<StoredObject>;
  /** Removes an object; one that is not there is no error. */
  delete(key: string): Promise<void>;
  /**
   * Removes what interrupted writes left under keys with this prefix, never a whole object; returns
   * how many. The caller knows that nobody is writing there.
   */
  removePartial(prefix: string): Promise<number>;
  close(): Promise<void>;
}

export interface ProviderContext {
  readonly env: Env;
  readonly signal: AbortSignal;
}

/** A type of providers; `S` are its settings, with `secret:NAME` resolved where they are used. */
export interface ProviderType<S = unknown> {
  readonly type: string;
  readonly summary: string;
  readonly settings: z.ZodType<S>;
  readonly capabilities: Capabilities;
  /** Left out of help and listings unless LASTGOOD_DEBUG=1. */
  readonly isHidden?: boolean;
  /** Makes the place ready and marks it as ours; refuses one that is another's. Safe to repeat. */
  initialise(settings: S, ownership: Ownership, context: ProviderContext): Promise<void>;
  /** Whose place it is; undefined where there is no marker, or no place yet. Changes nothing. */
  owner(settings: S, context: ProviderContext): Promise<Ownership | undefined>;
  /**
   * Makes the place of one owner that of another; whoever has it open is refused from then on. Safe to
   * repeat. @throws PlaceError where it belongs to neither of them
   */
  takeOver(settings: S, from: Ownership, to: Ownership, context: ProviderContext): Promise<void>;
  /** Opens a place that is ready, and refuses one that lacks our marker (unmounted, foreign). */
  open(settings: S, ownership: Ownership, context: ProviderContext): Promise<Provider>;
}

/**
 * Why a place did not do what was asked: `unreachable` where it is not there, not mounted or does not
 * answer, `foreign` where what is there belongs to somebody else.
 */
export type PlaceTrouble = "missing" | "full" | "read_only" | "foreign" | "unreachable" | "failed";

/** What to do where whoever throws does not know better. */
const usualHints: Readonly<Partial<Record<PlaceTrouble, string>>> = {
  missing: "lastgood backup verify finds the extent; another copy or an older backup may be whole.",
  full: "Make room there, or delete backups that are no longer needed.",
  unreachable: "Try again when it can be reached: lastgood provider check NAME",
};

/** A provider could not keep, give or remove something. Only `missing` says anything about a backup. */
export class PlaceError extends LastgoodError {
  readonly code = "PLACE";
  readonly trouble: PlaceTrouble;

  constructor(
    trouble: PlaceTrouble,
    message: string,
    details: { hint?: string; cause?: unknown } = {},
  ) {
    const hint = usualHints[trouble];
    super(message, { ...(hint === undefined ? {} : { hint }), ...details });
    this.trouble = trouble;
  }
}
