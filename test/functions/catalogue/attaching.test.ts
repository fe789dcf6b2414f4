import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { Attachments, type FoundRow } from "../../../src/admin/attachments.ts";
import { Backups } from "../../../src/admin/backups.ts";
import { Packs } from "../../../src/admin/packs.ts";
import { Providers } from "../../../src/admin/providers.ts";
import { Sources } from "../../../src/admin/sources.ts";
import {
  addCatalogue,
  codeOf,
  eventsOf,
  makeBackup,
  packName,
  rowOf,
  sha256,
} from "../../support/catalogue.ts";
import { useSession } from "../../support/session.ts";

const session = useSession();
const origin = randomUUID();
const elsewhere = { origin, name: "web", type: "files", fqdn: "web.test", scope: "files" };
let attachments: Attachments;
let providerId = 0;

beforeEach(async () => {
  await addCatalogue(session.client);
  attachments = new Attachments(session.client);
  const owner = { installation: origin, marker: randomUUID() };
  providerId = await attachments.addProvider({ name: "old", type: "debug" }, owner);
});

function row(sourceId: number, changes: Partial<FoundRow> = {}): FoundRow {
  return {
    source_id: sourceId,
    origin,
    name: "web-1",
    type: "full",
    parent: null,
    started_at: "2026-01-01T01:00:00.123456+00:00",
    ended_at: "2026-01-01T02:00:00Z",
    size_bytes: 4000,
    entries: 3,
    missing: 0,
    groups: [],
    layout: "pack",
    recipients: [],
    group_name: null,
    manifest_key: "manifests/web-1.manifest",
    manifest_sha256: sha256,
    manifest_size: 100,
    state: "COMPLETE",
    reason: null,
    packs: [{ name: packName(), size: 1000, sha256, used: 10 }],
    ...changes,
  };
}

async function attachRow(changes: Partial<FoundRow> = {}): Promise<void> {
  const source = await attachments.addSource(elsewhere, {}, true);
  await attachments.addBackups(providerId, [row(source, changes)], true);
  await attachments.complete(providerId, []);
}

async function stateOf(name: string): Promise<string> {
  return (await rowOf(session.client, { backup_id: await new Backups(session.client).find(name) }))
    .state;
}

describe("a backup that is attached", () => {
  test.each([
    ["of which nothing is missing is COMPLETE", 0, "COMPLETE"],
    ["of which something is missing is PARTIAL", 2, "PARTIAL"],
    ["of which that is not known is PARTIAL", null, "PARTIAL"],
  ])("%s", async (_what, missing, state) => {
    await attachRow({ missing });
    expect(await stateOf("web-1")).toBe(state);
    const { rowCount } = await session.client.query(
      "select from lastgood.engine_backup_log where fqdn = 'web.test'",
    );
    expect(rowCount).toBe(state === "COMPLETE" ? 1 : 0);
  });

  test("counts no later than it arrives, whatever the clock of its host said", async () => {
    await attachRow({ ended_at: "2999-01-01T00:00:00Z" });
    const { rows } = await session.client.query(
      `select last_success_at <= clock_timestamp() as is_past
       from lastgood.backup_status where fqdn = 'web.test' and scope = 'files'`,
    );
    expect(rows).toEqual([{ is_past: true }]);
  });

  test("builds on nothing that began later, so that no chain runs in a circle", async () => {
    const source = await attachments.addSource(elsewhere, {}, true);
    const [one, other] = ["web-1", "web-2"].map((name) => ({ name, type: "incremental" as const }));
    await attachments.addBackups(
      providerId,
      [
        row(source, { ...one, parent: "web-2" }),
        row(source, { ...other, parent: "web-1", started_at: "2026-01-01T03:00:00Z" }),
      ],
      true,
    );
    const { rows } = await session.client.query(
      `select b.name, p.name as parent
       from lastgood.backup as b
       left join lastgood.backup as p on p.backup_id = b.parent_id
       order by b.name`,
    );
    expect(rows).toEqual([
      { name: "web-1", parent: null },
      { name: "web-2", parent: "web-1" },
    ]);
  });

  test.each([
    ["type", { type: "other" as "full" }],
    ["hash", { manifest_sha256: "x" }],
    ["time", { started_at: "soon" }],
    ["name", { name: "../web" }],
    ["source", { source_id: 999 }],
  ])("cannot have another %s than there is: LG059", async (_what, changes) => {
    expect(await codeOf(session.client, async () => attachRow(changes))).toBe("LG059");
  });
});

test.each([
  ["is good again where it is whole there", "COMPLETE", "COMPLETE", 1],
  ["stays so where something of it is gone there, too", "MISSING", "FAILED", 0],
] as const)("a backup that failed %s", async (_what, found, state, successes) => {
  const backups = new Backups(session.client);
  const failed = await backups.start({ source: "etc", providers: ["vault"] });
  await backups.fail(failed.backup_id, failed.token, "gone");
  const { rows } = await session.client.query<{
    source_id: string;
    started_at: string;
    installation_id: string;
  }>(
    `select b.source_id, b.started_at::text, i.installation_id
     from lastgood.backup as b cross join lastgood.installation as i`,
  );
  const [known] = rows;
  const same = { name: failed.name, origin: known?.installation_id ?? "", state: found };
  const times = { started_at: known?.started_at ?? "", ended_at: known?.started_at ?? "" };
  const lies = row(Number(known?.source_id), { ...same, ...times });
  const revived = await attachments.addBackups(providerId, [lies], true);
  await attachments.complete(providerId, []);
  expect(revived.map(({ backup }) => backup)).toEqual(state === "COMPLETE" ? [failed.name] : []);
  const { state: now, copies } = await rowOf(session.client, failed);
  expect([now, copies.at(-1)?.state]).toEqual([state, found]);
  const { rowCount } = await session.client.query(
    "select from lastgood.engine_backup_log where is_passed",
  );
  expect(rowCount).toBe(successes);
  // Whoever wants it gone says so; until then all that is there stays.
  const { packs, copies: gone } = await new Packs(session.client).claimLeftovers(providerId);
  expect([packs, gone]).toEqual([[], []]);
});

test.each(["manifests/lost.manifest", "manifests/repacked/lost/abc.manifest"])(
  "no backup is called as %s, which cannot be read",
  async (key) => {
    await attachments.complete(providerId, [key]);
    const start = async (name: string): Promise<unknown> =>
      new Backups(session.client).start({ source: "etc", name, providers: ["vault"] });
    expect(await codeOf(session.client, async () => start("lost"))).toBe("LG022");
    expect(await codeOf(session.client, async () => start("los"))).toBeUndefined();
  },
);

test("LG058 for what is built in, and while a restore is reading there", async () => {
  const providers = new Providers(session.client);
  const detach = async (name: string): Promise<string | undefined> =>
    codeOf(session.client, async () => providers.detach(name));
  expect(await detach("noop")).toBe("LG058");
  expect(await detach("nope")).toBe("LG026");
  const made = await makeBackup(session.client, { providers: ["vault"] });
  await session.client.query("select lastgood.start_restore($1)", [made.backup_id]);
  expect(await detach("vault")).toBe("LG058");
});

test("of a deleted source the newest good backup may go", async () => {
  const made = await makeBackup(session.client, { providers: ["vault"] });
  const remove = async (): Promise<unknown> =>
    new Backups(session.client).startDelete(made.backup_id);
  expect(await codeOf(session.client, remove)).toBe("LG043");
  await new Sources(session.client).delete("etc");
  expect(await codeOf(session.client, remove)).toBeUndefined();
});

test("a source that is added lets its retired system be watched again", async () => {
  await session.client.query("select lastgood.retire_system('engine.test')");
  const added = { name: "two", type: "files", fqdn: "engine.test", scope: "files" };
  await new Sources(session.client).add(added);
  const { rowCount } = await session.client.query(
    "select from lastgood.system_status where fqdn = 'engine.test'",
  );
  expect(rowCount).toBe(1);
});

test("changed settings are told by their names alone", async () => {
  const sources = new Sources(session.client);
  await sources.setSettings("etc", { path: "/srv", exclude: "a" });
  await sources.setSettings("etc", { path: "/srv" });
  const events = await eventsOf(session.client, "LASTGOOD_SOURCE_CHANGED");
  expect(events.map(({ message }) => message.replace(/^.* changed/, "changed"))).toEqual([
    'changed settings of source "etc": exclude, path.',
    'changed settings of source "etc": exclude.',
  ]);
  const change = async (): Promise<void> => sources.setSettings("nope", {});
  expect(await codeOf(session.client, change)).toBe("LG028");
});
