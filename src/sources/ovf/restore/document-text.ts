import { decodeXml } from "../decode-xml.ts";
import { type Changes, rewrite } from "./rewrite.ts";

/** The bytes of a document with these changes. What changes is in UTF-8 afterwards, and says so. */
export function rewriteBytes(bytes: Uint8Array, changes: Changes): Uint8Array {
  const text = decodeXml(bytes);
  const rewritten = rewrite(text, changes);
  if (rewritten === text) return bytes;
  return Buffer.from(rewritten.replace(declaration, inUtf8), "utf8");
}

const declaration = /^(<\?xml[^>]*?\sencoding\s*=\s*["'])([\w.-]+)/;

function inUtf8(_: string, start: string, encoding: string): string {
  return start + (/^utf-?8$/i.test(encoding) ? encoding : "UTF-8");
}
