import { randomBytes } from "node:crypto";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { expect, test } from "vitest";
import type { Finding, SealedCopy, VerifyOptions } from "../../../src/layouts/layout.ts";
import { openCopy, verifyCopy } from "../../../src/layouts/registry.ts";
import { decodeTrailer, trailerSize } from "../../../src/manifest/form.ts";
import { PlaceError } from "../../../src/providers/provider.ts";
import { collect, readAll } from "../support.ts";
import { backUp, contentOf, copyOf, newPlace, type Place } from "./copy.ts";

type Level = VerifyOptions["level"];
const levels: readonly Level[] = ["stored", "checksum", "decode"];

const [key, otherKey] = await Promise.all([generateX25519Identity(), generateX25519Identity()]);
const recipients = [await identityToRecipient(key)];

interface Copied extends Place {
  readonly sealed: SealedCopy;
  readonly other: SealedCopy;
  readonly pack: string;
}

async function makeCopy(isEncrypted: boolean): Promise<Copied> {
  const place = newPlace();
  const choice = isEncrypted ? { recipients } : {};
  const files = Object.fromEntries(
    Array.from({ length: 30 }, (_, index) => [`f${index}`, randomBytes(20_000)]),
  );
  const sealed = await backUp(place, { ...files, large: randomBytes(5_000_000) }, choice);
  const [pack = ""] = place.provider.packs();
  const other = await backUp(place, { x: randomBytes(5_600_000) }, { ...choice, name: "other" });
  return { ...place, sealed, other, pack };
}

async function verify(
  copied: Copied,
  level: Level,
  identities: readonly string[] = [key],
): Promise<Finding[]> {
  const options = { level, sample: 1, signal: new AbortController().signal };
  return await collect(verifyCopy(copyOf(copied, copied.sealed, identities), options));
}

/** The worst that was found; `ok` where nothing was. */
function worst(findings: readonly Finding[]): Finding["result"] | "ok" {
  const order = ["corrupt", "missing", "unverifiable", "could_not_check"] as const;
  return order.find((result) => findings.some((each) => each.result === result)) ?? "ok";
}

type Damage = (copied: Copied) => void;
type Case = readonly [string, Damage, Readonly<Record<Level, string>>];

function change(object: "manifest" | "pack", how: (bytes: Buffer) => Buffer): Damage {
  return ({ provider, sealed, pack }) => {
    const at = object === "pack" ? pack : sealed.manifestKey;
    provider.objects.set(at, how(Buffer.from(provider.objects.get(at) ?? Buffer.alloc(0))));
  };
}

function flip(at: (bytes: Buffer) => number): (bytes: Buffer) => Buffer {
  return (bytes) => {
    const index = at(bytes);
    bytes.writeUInt8((bytes[index] ?? 0) ^ 4, index);
    return bytes;
  };
}

function trailerOf(bytes: Buffer): ReturnType<typeof decodeTrailer> {
  return decodeTrailer(bytes.subarray(-trailerSize), bytes.length);
}

const cases: readonly Case[] = [
  ["nothing", () => {}, { stored: "ok", checksum: "ok", decode: "ok" }],
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((tenth): Case[] => {
    const cut = (bytes: Buffer): Buffer =>
      bytes.subarray(0, Math.floor((bytes.length * tenth) / 10));
    const found = { stored: "corrupt", checksum: "corrupt", decode: "corrupt" };
    return (["pack", "manifest"] as const).map(
      (object): Case => [`${object} cut at ${tenth}0 %`, change(object, cut), found] as const,
    );
  }),
  ...Object.entries({
    "head of the manifest": () => 30,
    "directory of the manifest": (bytes: Buffer) => trailerOf(bytes).directoryOffset + 12,
    "trailer of the manifest": (bytes: Buffer) => bytes.length - 40,
  }).map(
    ([what, at]): Case =>
      [
        `a bit flipped in the ${what}`,
        change("manifest", flip(at)),
        { stored: "corrupt", checksum: "corrupt", decode: "corrupt" },
      ] as const,
  ),
  [
    "a bit flipped in a block of the manifest",
    change(
      "manifest",
      flip((bytes) => trailerOf(bytes).headLength + 40),
    ),
    { stored: "ok", checksum: "corrupt", decode: "corrupt" },
  ],
  [
    "a bit flipped in a frame",
    change(
      "pack",
      flip((bytes) => Math.floor(bytes.length / 2)),
    ),
    { stored: "ok", checksum: "corrupt", decode: "corrupt" },
  ],
  [
    "4 KiB of zeros in a frame",
    change("pack", (bytes) => bytes.fill(0, 5000, 9096)),
    { stored: "ok", checksum: "corrupt", decode: "corrupt" },
  ],
  [
    "a pack full of zeros",
    change("pack", (bytes) => bytes.fill(0)),
    { stored: "ok", checksum: "corrupt", decode: "corrupt" },
  ],
  ...(["pack", "manifest"] as const).flatMap((object): Case[] => [
    [
      `an empty ${object}`,
      change(object, () => Buffer.alloc(0)),
      { stored: "corrupt", checksum: "corrupt", decode: "corrupt" },
    ],
    [
      `no ${object}`,
      ({ provider, sealed, pack }: Copied) =>
        void provider.objects.delete(object === "pack" ? pack : sealed.manifestKey),
      { stored: "missing", checksum: "missing", decode: "missing" },
    ] as const,
  ]),
  [
    "two packs swapped",
    ({ provider, pack }) => {
      const other = provider.packs().find((each) => each !== pack) ?? "";
      const [a, b] = [provider.objects.get(pack), provider.objects.get(other)];
      if (a !== undefined && b !== undefined) provider.objects.set(pack, b).set(other, a);
    },
    { stored: "corrupt", checksum: "corrupt", decode: "corrupt" },
  ],
  [
    "another backup's manifest in its place",
    ({ provider, sealed, other }) => {
      const bytes = provider.objects.get(other.manifestKey);
      if (bytes !== undefined) provider.objects.set(sealed.manifestKey, bytes);
    },
    { stored: "corrupt", checksum: "corrupt", decode: "corrupt" },
  ],
  [
    "a provider that does not answer for the pack",
    ({ provider, pack }) => {
      provider.onCall = (call) => {
        if (call.includes(pack)) throw new PlaceError("unreachable", "timed out");
      };
    },
    { stored: "could_not_check", checksum: "could_not_check", decode: "could_not_check" },
  ],
  [
    "a provider that does not answer at all",
    ({ provider }) => {
      provider.onCall = () => {
        throw new PlaceError("unreachable", "timed out");
      };
    },
    { stored: "could_not_check", checksum: "could_not_check", decode: "could_not_check" },
  ],
];

for (const isEncrypted of [false, true]) {
  const copied = await makeCopy(isEncrypted);
  test.each(cases)(
    `${isEncrypted ? "encrypted" : "plain"}: %s`,
    async (_what, damage, expected) => {
      // A damage is done to a place of its own; the objects are replaced, never written over.
      const provider = Object.assign(newPlace().provider, {
        objects: new Map(copied.provider.objects),
      });
      const damaged = { ...copied, provider };
      damage(damaged);
      for (const level of levels) {
        expect(`${level}: ${worst(await verify(damaged, level))}`).toBe(
          `${level}: ${expected[level]}`,
        );
      }
    },
  );

  test(`${isEncrypted ? "encrypted" : "plain"}: every part of a pack matters`, async () => {
    const { length } = copied.provider.objects.get(copied.pack) ?? Buffer.alloc(0);
    for (let at = 0; at < length; at += Math.ceil(length / 12)) {
      const provider = Object.assign(newPlace().provider, {
        objects: new Map(copied.provider.objects),
      });
      change(
        "pack",
        flip(() => at),
      )({ ...copied, provider });
      const findings = await verify({ ...copied, provider }, "decode");
      expect(worst(findings)).toBe("corrupt");
      // Which entries are hit is told beside the pack.
      expect(findings.map(({ what }) => what).filter((what) => !what.includes("/"))).not.toEqual(
        [],
      );
    }
  });
}

test.each([
  ["no key", []],
  ["the wrong key", [otherKey]],
] as const)("with %s a copy can be checksummed, and no more", async (_what, identities) => {
  const copied = await makeCopy(true);
  expect(await verify(copied, "checksum", identities)).toEqual([]);
  expect(worst(await verify(copied, "decode", identities))).toBe("unverifiable");
  const reader = await openCopy(copyOf(copied, copied.sealed, identities));
  expect(reader.head.recipients).toEqual(recipients);
  await expect(reader.readBody()).rejects.toMatchObject({ code: "KEY_MISSING" });
  await expect(reader.find("f0")).rejects.toMatchObject({ code: "KEY_MISSING" });
});

test("no damaged byte of content is given out as the last one", async () => {
  const copied = await makeCopy(false);
  const reader = await openCopy(copyOf(copied, copied.sealed));
  const large = contentOf(await reader.find("large"));
  const wrong = { ...large, sha256: "0".repeat(64) };
  let given = 0;
  const reading = (async () => {
    for await (const piece of reader.open(wrong)) given += piece.length;
  })();
  await expect(reading).rejects.toMatchObject({ code: "CORRUPT" });
  expect(given).toBeLessThan(large.size);
});

test.each(["open", "readMany"] as const)("%s says that content is corrupt", async (how) => {
  const copied = await makeCopy(false);
  change(
    "pack",
    flip(() => 1000),
  )(copied);
  const reader = await openCopy(copyOf(copied, copied.sealed));
  const reading =
    how === "open"
      ? readAll(reader.open(contentOf(await reader.find("large"))))
      : reader.readMany(reader.entries(), async (_entry, bytes) => void (await readAll(bytes)));
  await expect(reading).rejects.toMatchObject({ code: "CORRUPT" });
});

test("a sample looks at one pack and one entry at least", async () => {
  const copied = await makeCopy(false);
  const options = { level: "decode", sample: 0, signal: new AbortController().signal } as const;
  copied.provider.calls.length = 0;
  expect(await collect(verifyCopy(copyOf(copied, copied.sealed), options))).toEqual([]);
  const reads = copied.provider.calls.filter((call) => call.startsWith(`get ${copied.pack}`));
  expect(reads.length).toBeGreaterThanOrEqual(2);
});

test("a check that is ended finds nothing", async () => {
  const copied = await makeCopy(false);
  const signal = AbortSignal.abort(new Error("enough"));
  const options = { level: "checksum", sample: 1, signal } as const;
  const checking = collect(verifyCopy(copyOf(copied, copied.sealed), options));
  await expect(checking).rejects.toThrow("enough");
});
