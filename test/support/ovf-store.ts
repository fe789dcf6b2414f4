export interface StoreMember {
  readonly name: string;
  readonly bytes: Uint8Array | string;
  /** Of the tar: `0` is a file, `5` a folder, `x` a pax header. */
  readonly type?: string;
  /** Seconds since 1970. */
  readonly mtime?: number;
}

/** A tar of these members in the ustar form, with its two blocks of zeros at the end. */
export function makeTar(members: readonly StoreMember[]): Buffer {
  return Buffer.concat([...members.flatMap(memberOf), Buffer.alloc(1024)]);
}

/** An OVF_STORE as an engine writes it: `info.json`, the documents by id, `metadata.json`. */
export function makeStore(
  documents: Readonly<Record<string, Uint8Array | string>>,
  statuses: Readonly<Record<string, number>> = {},
): Buffer {
  const info = {
    "Last Updated": "Thu Feb 18 00:23:07 IST 2016",
    "Storage Domains": [{ uuid: "00000008-1111-4222-8333-000000000001" }],
  };
  return makeTar([
    { name: "info.json", bytes: JSON.stringify(info) },
    ...Object.entries(documents).map(([id, bytes]) => ({ name: `${id}.ovf`, bytes })),
    { name: "metadata.json", bytes: JSON.stringify({ "VM Status": statuses }) },
  ]);
}

function memberOf({ name, bytes, type = "0", mtime = 1_700_000_000 }: StoreMember): Buffer[] {
  const content = Buffer.from(bytes);
  const header = Buffer.alloc(512);
  header.write(name, 0, 100, "latin1");
  header.write(octal(0o644, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(content.length, 12), 124);
  header.write(octal(mtime, 12), 136);
  header.write("        ", 148);
  header.write(type, 156);
  header.write("ustar\u000000", 257, "latin1");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 7)}\0 `, 148, "latin1");
  return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
}

function octal(value: number, length: number): string {
  return value.toString(8).padStart(length - 1, "0");
}
