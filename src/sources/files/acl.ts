/*
 * The kernel keeps an ACL as an extended attribute: a version, then eight bytes an entry. Its numbers
 * are exact, whatever names this machine has for them.
 */

const version = 2;

const tags = new Map<number, string>([
  [0x01, "user"],
  [0x02, "user"],
  [0x04, "group"],
  [0x08, "group"],
  [0x10, "mask"],
  [0x20, "other"],
]);

/** Entries for one user or one group carry its number. */
const named = new Set([0x02, 0x08]);

/** An ACL in the text form of `getfacl --numeric`; undefined for a form that is not known. */
export function readAcl(attribute: Buffer): string | undefined {
  if (attribute.length % 8 !== 4 || attribute.readUInt32LE(0) !== version) return undefined;
  const lines: string[] = [];
  for (let offset = 4; offset < attribute.length; offset += 8) {
    const tag = attribute.readUInt16LE(offset);
    const kind = tags.get(tag);
    if (kind === undefined) return undefined;
    const who = named.has(tag) ? String(attribute.readUInt32LE(offset + 4)) : "";
    lines.push(`${kind}:${who}:${permissions(attribute.readUInt16LE(offset + 2))}`);
  }
  return lines.join("\n");
}

function permissions(bits: number): string {
  return `${bits & 4 ? "r" : "-"}${bits & 2 ? "w" : "-"}${bits & 1 ? "x" : "-"}`;
}
