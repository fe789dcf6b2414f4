import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { addOvf, writeDocuments } from "../sources/ovf/support.ts";
import { commonMachine } from "../support/ovf.ts";
import { backupsOf, expectTidy, useCatalogue } from "./crash.ts";
import { addFiles, addVault, usePlace } from "./support.ts";

// Before a backup is refused, all schedules that hold more there than they keep let go of it.

const place = usePlace();
const catalogue = useCatalogue(place);
let count = 0;
let [name, other, vault] = ["", "", ""];

beforeEach(async () => {
  count += 1;
  [name, other, vault] = [`own${count}`, `other${count}`, `vault${count}`];
  await addVault(place, vault);
  const source = join(place.folder, "source");
  await mkdir(source);
  await writeFile(join(source, "hosts"), "127.0.0.1 localhost\n");
  await addFiles(place, name, source);
  await addFiles(place, other, source);
});

async function query(text: string, ...values: readonly unknown[]): Promise<string> {
  const { rows } = await catalogue.client.query<{ value: string }>(text, [...values]);
  return rows[0]?.value ?? "";
}

/** A schedule of a source, and so many backups that it made. */
async function fill(
  source: string,
  times: number,
  settings: Readonly<Record<string, unknown>>,
  providers: readonly string[] = [vault],
): Promise<string> {
  const schedule = await query(
    "select lastgood.add_schedule($1, '0 2 * * *', $2, $3) as value",
    source,
    `${source}-nightly`,
    { providers, ...settings },
  );
  for (let turn = 0; turn < times; turn += 1) await create(source, ...providers);
  await query(
    `update lastgood.backup as b set schedule_id = $2 from lastgood.source as s
     where s.source_id = b.source_id and s.name = $1`,
    source,
    schedule,
  );
  return schedule;
}

async function create(source: string, ...providers: readonly string[]): Promise<void> {
  await place.ok(["backup", "create", source, ...to(providers)]);
}

const to = (providers: readonly string[]): readonly string[] =>
  providers.flatMap((provider) => ["--provider", provider]);

async function limit(backups: number, ...providers: readonly string[]): Promise<void> {
  for (const provider of providers.length === 0 ? [vault] : providers) {
    await place.ok("provider", "set", provider, "--max-backups", String(backups));
  }
}

const states = async (source: string): Promise<string[]> =>
  (await backupsOf(place, source)).map(({ state }) => state);

describe("where a provider is full", () => {
  test("a backup that people take has room once a schedule of another source let go", async () => {
    await fill(other, 3, { keep_last: 1 });
    await limit(3);
    await create(name, vault);
    expect(await states(name)).toEqual(["COMPLETE"]);
    expect(await states(other)).toEqual(["COMPLETE", "DELETED", "DELETED"]);
    await expectTidy(place, catalogue.client, vault);
  });

  test("several schedules let go, also of what another one of them built on", async () => {
    await fill(other, 1, { keep_last: 1 });
    // Of this source: a base of one schedule, which another one builds on and lets go of later.
    const first = await fill(name, 1, { keep_last: 1 });
    await place.ok("backup", "create", name, "--provider", vault, "--incremental");
    await create(name, vault);
    await create(name, vault);
    const second = await query(
      "select lastgood.add_schedule($1, '0 * * * *', 'hourly', $2) as value",
      name,
      { providers: [vault], keep_last: 1 },
    );
    const ids = (await backupsOf(place, name)).map(({ id }) => id).toReversed();
    for (const [index, schedule] of [first, second, first, second].entries()) {
      const id = ids[index];
      await query("update lastgood.backup set schedule_id = $1 where backup_id = $2", schedule, id);
    }
    await limit(4);
    await create(other, vault);
    expect(await states(name)).toEqual(["COMPLETE", "COMPLETE", "DELETED", "DELETED"]);
  });

  test("what is kept, and what a deleted schedule left, stays: LG053 is refused", async () => {
    await fill(other, 2, { keep_last: 2 });
    const gone = await fill(name, 2, { keep_last: 1 });
    await place.ok("schedule", "delete", gone);
    await limit(4);
    const refused = await place.run("backup", "create", name, "--provider", vault);
    expect(refused).toMatchObject({ status: 1 });
    expect(refused.errors).toContain(`provider "${vault}" may keep 4 backups, and does`);
    expect([...(await states(other)), ...(await states(name))]).toEqual(Array(4).fill("COMPLETE"));
  });

  test("what lies elsewhere stays: only what makes room there goes", async () => {
    const far = `far${count}`;
    await addVault(place, far);
    await fill(name, 2, { keep_last: 1 }, [far]);
    await fill(other, 2, { keep_last: 1 });
    await limit(2);
    await create(other, vault);
    expect(await states(name)).toEqual(["COMPLETE", "COMPLETE"]);
  });

  test("so it is at all providers of groups that a backup goes to", async () => {
    const machines = { "DC1/a.ovf": commonMachine(1, {}), "DC2/c.ovf": commonMachine(3, {}) };
    const [one, two, vms, more] = [`dc1-${count}`, `dc2-${count}`, `vms${count}`, `more${count}`];
    await addVault(place, one, "--group", "DC1");
    await addVault(place, two, "--group", "DC2");
    const path = await writeDocuments(place, machines);
    for (const source of [vms, more]) await addOvf(place, source, `path=${path}`);
    await fill(vms, 2, { keep_last: 1 }, [one, two]);
    await limit(2, one, two);
    await create(more, one, two);
    expect(await states(vms)).toEqual(["COMPLETE", "DELETED"]);
    expect(await states(more)).toEqual(["COMPLETE"]);
  });
});
