import { beforeEach, describe, expect, test } from "vitest";
import { usableSettings } from "../../src/attach/usable-settings.ts";
import {
  addEtc,
  attach,
  type Ground,
  type Installation,
  newGround,
  newInstallation,
  newOwner,
  placeOptions,
} from "./support.ts";

let ground: Ground;

beforeEach(async () => {
  ground = await newGround();
});

async function told({ client }: Installation): Promise<unknown> {
  const { rows } = await client.query<{ message: string }>(
    "select message from lastgood.audit_log where log_type = 9128 order by audit_log_id desc",
  );
  return rows[0]?.message;
}

async function makeBackup(settings?: object): Promise<void> {
  const old = await newOwner(ground);
  await old.ok("backup", "create", "etc", "--name", "first");
  if (settings === undefined) return;
  // As another type of source would have them: a manifest has what the catalogue has.
  await old.client.query(
    `update lastgood.source set settings = settings || $1 where name = 'etc'`,
    [settings],
  );
  await old.ok("backup", "create", "etc", "--name", "second");
}

describe("the settings with which a source goes on", () => {
  test("are printed, and stand in the audit event", async () => {
    await makeBackup({ exclude: "*.tmp\u001b[2J" });
    const anew = await newInstallation(ground);
    const args = ["provider", "attach", "vault2", ...placeOptions(ground.vault), "--resume"];
    const output = await anew.ok(...args);
    expect(output).toContain(`path=${ground.source}`);
    expect(output).toContain('exclude="*.tmp\\u001b[2J"');
    expect(output).not.toContain("\u001b");
    expect(await told(anew)).toContain(
      ' attached provider "vault2", where 2 backups lie. Source "etc", as it was elsewhere,' +
        ` goes on with exclude=*.tmp?[2J, path=${ground.source}.`,
    );
  });

  test("are not told of a source that is our own, nor where it starts anew", async () => {
    await makeBackup();
    const anew = await newInstallation(ground);
    expect(await attach(anew, ground, "--fresh")).toMatchObject({
      sources: [{ settings: null }],
      needs: [],
    });
    expect(await told(anew)).toMatch(/where 1 backups lie\.$/u);
    await anew.ok("provider", "detach", "vault2");
    await addEtc(anew, ground);
    const { sources } = await attach(anew, ground, "--resume");
    expect(sources).toMatchObject([{ goes_on: true, settings: null }]);
  });
});

async function usable(sourceType: string, given: object): Promise<[object, string]> {
  const warnings: string[] = [];
  const backup = { source: "shop", sourceType };
  const warn = (text: string): void => void warnings.push(text);
  return [await usableSettings(backup, { ...given }, warn), warnings.join()];
}

describe("what a manifest has as settings", () => {
  test("is taken with the names of secrets", async () => {
    const settings = { url: "secret:shop_url" };
    expect(await usable("postgresql", settings)).toEqual([settings, ""]);
  });

  test.for([
    ["postgresql", { url: "postgresql://me:hush-hush@db.example/shop" }],
    ["postgresql", { url: "secret:shop_url", password: "hush-hush" }],
    ["ovf", { url: "postgresql://db.example/engine?password=hush-hush" }],
    ["files", { path: "hush-hush" }],
    ["command", { command: "dump", token: "hush-hush" }],
  ] as const)("is not taken, nor shown, with what may be one: %s %j", async ([type, given]) => {
    const [settings, warning] = await usable(type, given);
    expect(settings).toEqual({});
    expect(warning).toContain('settings of source "shop"');
    expect(warning).not.toContain("hush-hush");
  });
});
