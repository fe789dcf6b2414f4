import { encode, readPlaces } from "./places.ts";

/** A document within a document: the configuration that a machine had when a snapshot was taken. */
export interface Nested {
  readonly text: string;
  /** As it stands in the outer document. */
  wrap(text: string): string;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** It is kept in base64, or as it is. Undefined for what is neither. */
export function nestedOf(value: string): Nested | undefined {
  try {
    const isPlain = value.trimStart().startsWith("<");
    const text = isPlain ? value.trim() : utf8.decode(Buffer.from(value, "base64"));
    readPlaces(text);
    return { text, wrap: isPlain ? encode : base64Of };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function base64Of(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}
