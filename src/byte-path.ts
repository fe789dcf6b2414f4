/*
 * Names of files are bytes. In entries, and wherever paths are put together, they are strings with one
 * character a byte (latin1), so that any name survives; system calls get buffers.
 */

/** A path as the environment gives it, with one character a byte. */
export function latin1Of(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** A path below a folder, for a system call; `.` is the folder itself. Both have one character a byte. */
export function bytePath(folder: string, path: string): Buffer {
  return Buffer.from(path === "." ? folder : `${folder}/${path}`, "latin1");
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** A path of an entry for people: as text where it is UTF-8, other bytes and control characters escaped. */
export function showPath(path: string): string {
  const bytes = Buffer.from(path, "latin1");
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return path.replace(/[^\u0020-\u005b\u005d-\u007e]/g, (byte) => escaped(byte));
  }
  return text.replace(/[\p{Cc}\\]/gu, (character) => escaped(character));
}

function escaped(character: string): string {
  return character === "\\"
    ? "\\\\"
    : `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
