import { execFile } from "node:child_process";
import { mkdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { readTar, type TarMember } from "../../src/ovf-store/tar.ts";
import { temporaryFolder } from "../support/folder.ts";
import { makeTar } from "../support/ovf-store.ts";

const run = promisify(execFile);

/** The members of a tar that comes in chunks of this length. */
async function membersOf(bytes: Buffer, chunk = 1000, mostBytes = 5000): Promise<TarMember[]> {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  }
  const members: TarMember[] = [];
  for await (const member of readTar(chunks(), { mostBytes })) members.push(member);
  return members;
}

const shown = ({ name, bytes, size }: TarMember): string => `${name} ${size} ${bytes?.toString()}`;

test.for([1, 511, 512, 513, 100_000])("chunks of %i bytes make no difference", async (chunk) => {
  const bytes = makeTar([
    { name: "a", bytes: "one" },
    { name: "folder/", bytes: "", type: "5" },
    { name: "./b", bytes: "x".repeat(512) },
    { name: "empty", bytes: "" },
    { name: "large", bytes: "x".repeat(5001), mtime: 12 },
  ]);
  const members = await membersOf(bytes, chunk);
  expect(members.map(shown)).toEqual([
    "a 3 one",
    `b 512 ${"x".repeat(512)}`,
    "empty 0 ",
    "large 5001 undefined",
  ]);
  expect(members.at(-1)?.mtime).toBe(12_000_000_000n);
  const small = members.slice(0, 3);
  expect(small.map(({ offset, size }) => bytes.subarray(offset, offset + size))).toEqual(
    small.map((member) => member.bytes),
  );
});

test.for(["ustar", "gnu", "pax", "v7", "oldgnu"])(
  "what GNU tar writes is read: %s",
  async (format) => {
    const folder = await temporaryFolder();
    // Formats without long names get a name that they can have.
    const hasLong = format === "gnu" || format === "pax" || format === "oldgnu";
    const name = hasLong ? `${"long-".repeat(30)}.ovf` : "short.ovf";
    await mkdir(join(folder, "in"));
    await writeFile(join(folder, "in", name), "document");
    await writeFile(join(folder, "in", "zz"), "last");
    await run("tar", [
      "--create",
      `--format=${format}`,
      "--mtime=2026-01-10 12:00:00.5Z",
      "--sort=name",
      "--file",
      join(folder, "out.tar"),
      "--directory",
      join(folder, "in"),
      ".",
    ]);
    const members = await membersOf(await readFile(join(folder, "out.tar")));
    expect(members.map(shown)).toEqual([`${name} 8 document`, "zz 4 last"]);
    const seconds = BigInt(Date.parse("2026-01-10T12:00:00Z")) * 1_000_000n;
    expect(members[0]?.mtime).toBe(seconds + (format === "pax" ? 500_000_000n : 0n));
  },
);

test("a file of more than 8 GiB is passed over", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "huge"), "");
  await truncate(join(folder, "huge"), 9 * 2 ** 30);
  const { stdout } = await run(
    "sh",
    ["-c", 'tar --create --format=gnu --file=- --directory="$1" huge | head -c 1024', "sh", folder],
    { encoding: "buffer" },
  );
  await expect(membersOf(stdout)).rejects.toThrow("it is cut off within huge");
});

test("the end may lack its zeros, and whatever follows them is not looked at", async () => {
  const whole = makeTar([{ name: "a", bytes: "one" }]);
  expect(await membersOf(whole.subarray(0, -1024))).toHaveLength(1);
  expect(await membersOf(Buffer.concat([whole, Buffer.alloc(5000, "junk")]))).toHaveLength(1);
  expect(await membersOf(Buffer.alloc(10_240))).toEqual([]);
  expect(await membersOf(Buffer.alloc(0))).toEqual([]);
});

test("one that is cut off is found at every length", async () => {
  const whole = makeTar([
    { name: "a", bytes: "one" },
    { name: "b", bytes: "x".repeat(600) },
  ]);
  const lengths = Array.from({ length: 512 * 3 + 600 }, (_, length) => length);
  const taken = await Promise.all(
    lengths.map(async (length) =>
      membersOf(whole.subarray(0, length)).then(
        () => true,
        () => false,
      ),
    ),
  );
  // Between two files, and where zeros alone are lacking after one.
  expect(taken).toEqual(lengths.map((length) => length === 0 || (length >= 515 && length <= 1024)));
});

test("a flipped bit in a header is found, or changes nothing", async () => {
  const bytes = makeTar([{ name: "a", bytes: "one" }]);
  const taken = await Promise.all(
    Array.from({ length: 345 }, async (_, at) => {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      return membersOf(damaged).catch(() => []);
    }),
  );
  const found = new Set(taken.flat().map(shown));
  expect([...found]).toEqual(["a 3 one"]);
  expect(taken.filter((members) => members.length === 0).length).toBeGreaterThan(330);
});
