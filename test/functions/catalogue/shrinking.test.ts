import { beforeEach, expect, test } from "vitest";
import { Backups } from "../../../src/admin/backups.ts";
import { addCatalogue, copyOf, rowOf, sealed } from "../../support/catalogue.ts";
import { useSession } from "../../support/session.ts";

const session = useSession();
const bad = { path: "vm-1.ovf", reason: "no XML" };

beforeEach(async () => {
  await addCatalogue(session.client);
  await session.client.query("select lastgood.add_source('vms', 'ovf', 'engine.test', 'files')");
});

interface Had {
  readonly source?: string;
  readonly bad?: number;
  readonly groups?: readonly string[];
  readonly provider?: string;
  readonly isIncremental?: boolean;
}

/** Backs a source up that has so many entries; returns its state, and what it lacks. */
async function take(entries: number, had: Had = {}): Promise<string> {
  const { source = "vms", groups = [], provider = "vault", isIncremental = false } = had;
  const backups = new Backups(session.client);
  const started = await backups.start({ source, providers: [provider], isIncremental });
  await backups.sealCopy(copyOf(started, provider).backup_copy_id, started.token, sealed());
  const missing = Array.from({ length: had.bad ?? 0 }, () => bad);
  const body = { missing, notCollected: [], versions: {}, groups };
  await backups.seal(started.backup_id, started.token, { bytes: 1, entries }, body);
  const row = await rowOf(session.client, started);
  return [row.state, ...new Set(row.missing.map(({ path }) => path))].join(" ");
}

async function allow(settings: object): Promise<void> {
  await session.client.query("select lastgood.set_source_settings('vms', $1)", [settings]);
}

test.for([
  [10_000, 12, "PARTIAL 9988 of 10000 entries"],
  [10_000, 4999, "PARTIAL 5001 of 10000 entries"],
  [10_000, 5000, "COMPLETE"],
  [11, 5, "PARTIAL 6 of 11 entries"],
  [10, 4, "PARTIAL 6 of 10 entries"],
  [9, 1, "COMPLETE"],
  [12, 10_000, "COMPLETE"],
] as const)("a source of %i machines that has %i: %s", async ([before, now, ends]) => {
  expect(await take(before)).toBe("COMPLETE");
  expect(await take(now)).toBe(ends);
});

test("a source that shrank stays PARTIAL until it may, and is compared with what it is then", async () => {
  await take(100);
  expect(await take(12)).toBe("PARTIAL 88 of 100 entries");
  expect(await take(12)).toBe("PARTIAL 88 of 100 entries");
  await allow({ allow_shrink: "true" });
  expect(await take(12)).toBe("COMPLETE");
  await allow({ allow_shrink: false });
  expect(await take(12)).toBe("COMPLETE");
  expect(await take(5)).toBe("PARTIAL 7 of 12 entries");
});

test("the reason says what to do", async () => {
  await take(100);
  await take(12);
  const { rows } = await session.client.query<{ reason: string }>(
    "select reason from lastgood.backup where state = 'PARTIAL'",
  );
  expect(rows[0]?.reason).toMatch(
    /^1 could not be read, such as 88 of 100 entries: backup "vms-.*" has them; if they are gone for good: lastgood source set vms --set allow_shrink=true, until a backup is COMPLETE$/u,
  );
});

test("machines that are there and bad are not gone", async () => {
  await take(20);
  expect(await take(8, { bad: 2 })).toBe("PARTIAL vm-1.ovf");
  expect(await take(8, { bad: 1 })).toBe("PARTIAL vm-1.ovf 11 of 20 entries");
});

test("a backup of one group is no source that shrank", async () => {
  await session.client.query("select lastgood.add_provider('one', 'debug', p_group => 'DC1')");
  await take(100, { groups: ["DC1", "DC2"] });
  expect(await take(12, { groups: ["DC1", "DC2"], provider: "one" })).toBe("PARTIAL group DC2");
  expect(await take(12, { groups: ["DC1"], provider: "one" })).toBe("PARTIAL 88 of 100 entries");
});

test("a full backup of a folder may be of any size", async () => {
  await take(100, { source: "etc" });
  expect(await take(12, { source: "etc" })).toBe("COMPLETE");
});

test("a folder that shrinks by and by, each time with a part that cannot be read, is not taken for whole", async () => {
  const etc = { source: "etc", isIncremental: true };
  expect(await take(100, etc)).toBe("COMPLETE");
  expect(await take(60, { ...etc, bad: 1 })).toBe("PARTIAL vm-1.ovf");
  expect(await take(31, etc)).toBe("PARTIAL 69 of 100 entries");
});
