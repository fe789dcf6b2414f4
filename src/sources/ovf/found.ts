import type { KeptMachine } from "./parent.ts";

/** What a source says of a document, before the document itself is asked. */
export interface Found {
  /** Where it was found, for people. */
  readonly name: string;
  /** Undefined where only the document can tell. */
  readonly group: string | undefined;
  readonly groupId?: string | undefined;
  readonly id?: string | undefined;
  readonly generation?: number | undefined;
}

/** A document that was read. */
export interface FoundDocument extends Found {
  readonly bytes: Uint8Array;
  /** Nanoseconds since 1970. */
  readonly mtime: bigint;
}

/** A document that could not be read. */
export interface FoundBad extends Found {
  readonly reason: string;
}

/** A document that the parent has, and that was not read again. */
export interface FoundUnchanged extends Found {
  readonly unchanged: KeptMachine;
}

export type Visit = (found: FoundDocument | FoundBad | FoundUnchanged) => Promise<void>;

/** What a source says of all its documents together. */
export interface SourceFacts {
  /** Of machines that are not down, by id. */
  readonly statuses: ReadonlyMap<string, number>;
  readonly versions: Readonly<Record<string, string>>;
}
