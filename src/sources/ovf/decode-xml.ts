import { BadDocument } from "./bad-document.ts";

/**
 * The text of XML, in the encoding that it says it has.
 *
 * @throws BadDocument where it has another one
 */
export function decodeXml(bytes: Uint8Array): string {
  if (bytes.length === 0) throw new BadDocument("it is empty");
  const encoding = encodingOf(bytes);
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new BadDocument(`it is not text in ${encoding}`);
  }
}

function encodingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "UTF-16BE";
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "UTF-16LE";
  const start = Buffer.from(bytes.subarray(0, 200)).toString("latin1");
  const declared = /^(?:\u00ef\u00bb\u00bf)?<\?xml[^>]*?\sencoding\s*=\s*["'](?<name>[\w.-]+)["']/;
  const encoding = declared.exec(start)?.groups?.["name"] ?? "UTF-8";
  if (!/^utf-?16/i.test(encoding)) return encoding;
  throw new BadDocument(`it says that it is text in ${encoding}, and is not`);
}
