import { describe, expect, test } from "vitest";
import { Backups } from "../../../src/admin/backups.ts";
import { Providers } from "../../../src/admin/providers.ts";
import { NotFoundError } from "../../../src/errors.ts";
import { ProviderDao } from "../../../src/dao/provider.ts";
import { RestoreDao } from "../../../src/dao/restore.ts";
import { Restores } from "../../../src/admin/restores.ts";
import {
  addCatalogue,
  codeOf,
  copyId,
  eventsOf,
  makeBackup,
  packName,
} from "../../support/catalogue.ts";
import { addSchedule, setSchedule } from "../../support/calendar.ts";
import { useSession } from "../../support/session.ts";

const session = useSession();

async function providerNames(): Promise<string[]> {
  return (await new ProviderDao(session.client).getProviders()).map(({ name }) => name);
}

test("noop is built in, keeps nothing and says so", async () => {
  expect(await new ProviderDao(session.client).getProviders()).toMatchObject([
    { name: "noop", keeps: "nothing", layout: null, is_builtin: true, copies: 0, stored_bytes: 0 },
  ]);
  expect(await codeOf(session.client, "select lastgood.delete_provider('noop')")).toBe("LG027");
});

describe("adding a provider", () => {
  test.each([
    ["local-fs", undefined, "tree"],
    ["local-fs", "pack", "pack"],
    ["debug", undefined, "pack"],
    ["noop", undefined, null],
  ])("type %s with layout %s has layout %s", async (type, layout, expected) => {
    const settings = { path: "/srv" };
    const id = await new Providers(session.client).add({ name: "v", type, layout, settings });
    expect(await new ProviderDao(session.client).getProvider("v")).toMatchObject({
      id,
      type,
      settings,
      layout: expected,
      is_builtin: false,
    });
    expect(await eventsOf(session.client, "LASTGOOD_PROVIDER_ADDED")).toHaveLength(1);
  });

  test("keeps its recipients sorted, each once", async () => {
    const recipients = ["age1b", "age1a", "age1b"];
    await new Providers(session.client).add({ name: "v", type: "debug", recipients });
    const { recipients: kept } = await new ProviderDao(session.client).getProvider("v");
    expect(kept).toEqual(["age1a", "age1b"]);
  });

  test("each has a mark of its own, and the installation has one", async () => {
    await addCatalogue(session.client);
    const dao = new ProviderDao(session.client);
    const marks = (await dao.getProviders()).map(({ marker }) => marker);
    expect(new Set([...marks, await dao.getInstallation()]).size).toBe(3);
  });

  test.each([
    ["LG020", "'v', 'nope'"],
    ["LG020", "'v', null"],
    ["LG021", "'a/b', 'debug'"],
    ["LG021", "'7', 'debug'"],
    ["LG022", "'vault', 'debug'"],
    ["LG022", "'noop', 'debug'"],
    ["LG023", "'v', 'debug', '{}', 'heap'"],
    ["LG023", "'v', 'noop', '{}', 'pack'"],
    ["LG024", "'v', 'local-fs', '{}', null, array['age1x']"],
    ["LG024", "'v', 'debug', '{}', 'tree', array['age1x']"],
    ["LG024", "'v', 'noop', '{}', null, array['age1x']"],
    ["LG025", `'v', 'debug', '"path"'`],
    ["LG025", "'v', 'debug', null"],
  ])("%s for %s, and nothing is left", async (code, values) => {
    await addCatalogue(session.client);
    expect(await codeOf(session.client, `select lastgood.add_provider(${values})`)).toBe(code);
    expect(await providerNames()).toEqual(["noop", "vault"]);
  });
});

describe("deleting a provider", () => {
  test("LG027 refuses one that a schedule names, until none does", async () => {
    await addCatalogue(session.client);
    const { client } = session;
    await client.query("select lastgood.add_provider('attic', 'debug')");
    const id = await addSchedule(client, { providers: ["attic", "vault"] });
    const remove = "select lastgood.delete_provider('attic')";
    expect(await codeOf(client, remove)).toBe("LG027");
    await setSchedule(client, id, { providers: ["vault"] });
    expect(await codeOf(client, remove)).toBeUndefined();
  });

  test("is refused while anything lies there, and forgets what lay there", async () => {
    await addCatalogue(session.client);
    const backups = new Backups(session.client);
    const providers = new Providers(session.client);
    const old = await makeBackup(session.client, { packs: { [packName()]: 900 } });
    const restores = new Restores(session.client);
    const { restore_id: id, token } = await restores.start({
      backupId: old.backup_id,
      target: "/srv/x",
    });
    await restores.complete(id, token, { bytes: 1, actions: [] });
    await session.client.query("select lastgood.add_provider('other', 'debug')");
    await makeBackup(session.client, { providers: ["other"] });
    await backups.startDelete(old.backup_id);
    await backups.finishCopyDelete(copyId(old), "it is read-only");
    expect(await codeOf(session.client, "select lastgood.delete_provider('vault')")).toBe("LG027");
    await backups.finishCopyDelete(copyId(old));
    await providers.delete("vault");
    expect(await providerNames()).toEqual(["noop", "other"]);
    expect(await new RestoreDao(session.client).getRestore(id)).toMatchObject({ provider: null });
    expect(await eventsOf(session.client, "LASTGOOD_PROVIDER_DELETED")).toHaveLength(1);
  });

  test("one that is not there: LG026, and the reader says so too", async () => {
    expect(await codeOf(session.client, "select lastgood.delete_provider('nope')")).toBe("LG026");
    await expect(new ProviderDao(session.client).getProvider("nope")).rejects.toThrow(
      NotFoundError,
    );
  });
});

test("what a provider keeps is counted once for a pack that backups share", async () => {
  await addCatalogue(session.client);
  const backups = new Backups(session.client);
  const pack = packName();
  const first = await makeBackup(session.client, { packs: { [pack]: 900 } });
  const second = await backups.start({ source: "etc" });
  expect(await backups.usePacks(copyId(second), second.token, [pack])).toEqual([pack]);
  expect(await new ProviderDao(session.client).getProvider("vault")).toMatchObject({
    copies: 2,
    stored_bytes: 1100,
    newest_backup_id: first.backup_id,
  });
});
