import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { BackupRow } from "../../src/dao/backup.ts";
import type { ProviderRow } from "../../src/dao/provider.ts";
import type { SourceRow } from "../../src/dao/source.ts";
import { contentsOf, filesBelow } from "../backup/crash.ts";
import {
  addEtc,
  attach,
  type Ground,
  type Installation,
  newGround,
  newInstallation,
  newOwner,
  placeOptions,
  restored,
  verdict,
} from "./support.ts";

let ground: Ground;
let old: Installation;

beforeEach(async () => {
  ground = await newGround();
  old = await newOwner(ground, "--layout", "pack");
  await old.ok("backup", "create", "etc", "--name", "first");
});

const states = (backup: BackupRow | undefined): string[] | undefined =>
  backup?.copies.map(({ provider, state }) => `${provider} ${state}`);

describe("two installations that share a place by mistake", () => {
  test("the second one is refused when it adds it", async () => {
    const other = await newInstallation(ground);
    const { status, errors } = await other.run(
      "provider",
      "add",
      "mine",
      ...placeOptions(ground.vault),
    );
    expect(status).toBe(1);
    expect(errors).toContain("another installation");
    expect(errors).toContain("provider attach");
  });

  test("the first one is refused once the second has attached it", async () => {
    const other = await newInstallation(ground);
    await attach(other, ground, "--resume");
    const { status, errors } = await old.run("backup", "create", "etc");
    expect(status).toBe(1);
    expect(errors).toContain("another installation");
    expect(await old.run("backup", "verify", "first")).toMatchObject({ status: 3 });
    expect((await old.backups())[1]).toMatchObject({ copies: [{ state: "COMPLETE" }] });
  });
});

describe("a place is refused", () => {
  test("that is in use here", async () => {
    const args = ["provider", "attach", "again", ...placeOptions(ground.vault), "--resume"];
    const { status, output } = await old.run(...args, "--json");
    expect(status).toBe(1);
    expect(JSON.parse(output)).toMatchObject({
      error: { code: "LG057", message: expect.stringContaining('"vault"') as string },
    });
  });

  test("where nobody has kept anything", async () => {
    const other = await newInstallation(ground);
    const args = ["provider", "attach", "empty", ...placeOptions(ground.source), "--resume"];
    const { status, output } = await other.run(...args, "--json");
    expect(status).toBe(1);
    expect(JSON.parse(output)).toMatchObject({ error: { code: "NOT_FOUND" } });
    expect(await filesBelow(ground.source)).toEqual(["hosts"]);
  });

  test("under a name that is taken, and stays whose it was", async () => {
    const other = await newInstallation(ground);
    await other.ok("provider", "add", "vault2", ...placeOptions(join(ground.folder, "other")));
    const args = ["provider", "attach", "vault2", ...placeOptions(ground.vault), "--resume"];
    expect((await other.run(...args)).errors).toContain('there is a provider "vault2" already');
    await old.ok("backup", "create", "etc");
  });
});

describe("a provider that is detached", () => {
  test("is forgotten with its copies; its backups are good no more, and come back", async () => {
    await old.ok("backup", "verify", "first", "--level", "decode");
    const before = await filesBelow(ground.vault);
    const detached = await old.json("provider", "detach", "vault");
    expect(detached).toMatchObject({
      provider: "vault",
      kept_nowhere_else: [{ id: 1, name: "first", source: "etc", fqdn: "engine.test" }],
    });
    expect(await old.json<ProviderRow[]>("provider", "list")).toMatchObject([{ name: "noop" }]);
    expect(await old.backups()).toMatchObject([{ state: "COMPLETE", is_good: false, copies: [] }]);
    expect(await verdict(old)).toMatchObject({ state: "missing" });
    expect(await filesBelow(ground.vault)).toEqual(before);

    await attach(old, ground, "--resume");
    expect(await old.backups()).toMatchObject([
      { name: "first", is_good: true, proof_level: 1, origin: null, copies: [{}] },
    ]);
    expect(await verdict(old)).toMatchObject({ state: "ok" });
    await old.ok("backup", "create", "etc", "--incremental");
    expect((await old.backups())[0]).toMatchObject({ type: "incremental", parent_id: 1 });
    expect(await old.json<SourceRow[]>("source", "list")).toHaveLength(1);
  });

  test("leaves what is kept elsewhere as good as it was", async () => {
    const [far] = [join(ground.folder, "far")];
    await old.ok("provider", "add", "far", ...placeOptions(far));
    await old.ok("backup", "create", "etc", "--provider", "far", "--provider", "vault");
    expect(await old.ok("provider", "detach", "vault")).toContain("first (1)");
    expect(await old.backups()).toMatchObject([{ is_good: true }, { is_good: false }]);
    expect(await verdict(old)).toMatchObject({ state: "ok" });
  });

  test("is refused while a backup is running there", async () => {
    await old.client.query("select lastgood.start_backup('etc')");
    const { output } = await old.run("provider", "detach", "vault", "--json");
    expect(JSON.parse(output)).toMatchObject({ error: { code: "LG058" } });
    await old.client.query(
      "update lastgood.backup set lease_until = clock_timestamp() where state = 'RUNNING'",
    );
    await old.ok("provider", "detach", "vault");
  });
});

describe("backups at two places", () => {
  test("are one backup with two copies each, whichever is attached first", async () => {
    const far = join(ground.folder, "far");
    await old.ok("provider", "add", "far", ...placeOptions(far), "--layout", "tree");
    await old.ok(
      "backup",
      "create",
      "etc",
      "--name",
      "both",
      "--provider",
      "far",
      "--provider",
      "vault",
    );
    const anew = await newInstallation(ground);
    await attach(anew, ground, "--resume");
    await anew.ok("provider", "attach", "far2", ...placeOptions(far), "--resume");
    const [both, first] = await anew.backups();
    expect(states(both)).toEqual(["vault2 COMPLETE", "far2 COMPLETE"]);
    expect(states(first)).toEqual(["vault2 COMPLETE"]);
    expect(await restored(anew, ground, "both", "--from", "far2")).toEqual(
      await contentsOf(ground.source),
    );
    const { rows } = await anew.client.query(
      "select from lastgood.engine_backup_log where fqdn = 'engine.test'",
    );
    expect(rows).toHaveLength(2);
  });

  test("of which one is another's with the same name: the later one gets a number", async () => {
    const anew = await newInstallation(ground);
    await anew.ok("provider", "add", "own", ...placeOptions(join(ground.folder, "own")));
    await writeFile(join(ground.source, "motd"), "another file\n");
    const wanted = await contentsOf(ground.source);
    await addEtc(anew, ground);
    await anew.ok("backup", "create", "etc", "--name", "first");
    await attach(anew, ground, "--resume");
    const [later, own] = await anew.backups();
    expect([later?.name, own?.name]).toEqual(["first-2", "first"]);
    expect((await restored(anew, ground, "first-2")).size).toBe(1);
    expect(await restored(anew, ground, "first")).toEqual(wanted);
    // What builds on it names it as it is called where it lies, for whoever attaches that.
    await anew.ok(
      "backup",
      "create",
      "etc",
      "--parent",
      String(later?.id),
      "--name",
      "next",
      "--provider",
      "vault2",
    );
    const third = await newInstallation(ground);
    await attach(third, ground, "--resume");
    expect(await third.backups()).toMatchObject([
      { name: "next", parent_id: 1 },
      { name: "first", id: 1 },
    ]);
    await anew.ok("provider", "detach", "vault2");
  });

  test("a backup that lies under another name is deleted where it lies", async () => {
    const anew = await newInstallation(ground);
    await anew.ok("provider", "add", "own", ...placeOptions(join(ground.folder, "own")));
    await addEtc(anew, ground);
    await anew.ok("backup", "create", "etc", "--name", "first");
    await attach(anew, ground, "--fresh");
    await anew.ok("backup", "delete", "first-2");
    expect(await filesBelow(ground.vault)).toEqual(["lastgood-provider.json"]);
    expect(await restored(anew, ground, "first")).toEqual(await contentsOf(ground.source));
  });
});

test("a source whose name something else has gets a number", async () => {
  const anew = await newInstallation(ground);
  await anew.ok(
    "source",
    "add",
    "etc",
    "--type",
    "files",
    "--system",
    "other.test",
    "--scope",
    "files",
    "--set",
    "path=/etc",
  );
  const { sources } = await attach(anew, ground, "--resume");
  expect(sources).toMatchObject([{ source: "etc-2", fqdn: "engine.test", goes_on: true }]);
  await anew.ok("backup", "create", "etc-2", "--incremental");
  // A second look finds the same source.
  await anew.ok("provider", "detach", "vault2");
  await attach(anew, ground, "--resume");
  expect(await anew.json<SourceRow[]>("source", "list")).toHaveLength(2);
});
