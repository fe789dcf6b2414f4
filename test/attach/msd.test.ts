import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { contentsOf } from "../backup/crash.ts";
import { goodStores } from "../backup/msd-support.ts";
import { commonMachine, makeOvf, ovfId } from "../support/ovf.ts";
import { type Ground, type Installation, newGround, newInstallation } from "./support.ts";

let ground: Ground;
let here: Installation;
let domain: string;

async function backUp(installation: Installation, round: number): Promise<string> {
  for (const number of [1, 2]) {
    const options = { generation: round, description: `round ${round}` };
    const path = join(ground.source, `${ovfId(number)}.ovf`);
    await writeFile(path, makeOvf(commonMachine(number, options)));
  }
  return (await installation.ok("backup", "create", "vms", "--provider", "domain")).trim();
}

beforeEach(async () => {
  ground = await newGround();
  await rm(join(ground.source, "hosts"));
  domain = join(ground.folder, "domain");
  here = await newInstallation(ground);
  await here.ok("provider", "add", "domain", "--type", "msd", "--set", `path=${domain}`);
  const source = ["--system", "virt.example", "--scope", "files", "--set", `path=${ground.source}`];
  await here.ok("source", "add", "vms", "--type", "ovf", ...source);
  for (const round of [1, 2, 3]) await backUp(here, round);
});

const attach = (installation: Installation, mode: string): Promise<string> =>
  installation.ok("provider", "attach", "domain", "--type", "msd", "--set", `path=${domain}`, mode);

const slot = (number: number, kind: string): string =>
  join(domain, "vms", `ovf_store_${number}.${kind}`);

describe("a domain that is attached when all else is lost", () => {
  test("gives its machines back, and goes on in turn", async () => {
    const there = await newInstallation(ground);
    await attach(there, "--resume");
    const rows = await there.backups();
    expect(rows.map(({ state, proof_level: level }) => [state, level])).toEqual([
      ["COMPLETE", 1],
      ["COMPLETE", 1],
    ]);
    const [newest] = rows;
    const target = join(ground.folder, "restored");
    await there.ok("restore", "create", `${newest?.id}`, "--to", target, "--register");
    expect([...(await contentsOf(target)).values()].toSorted()).toEqual(
      [...(await contentsOf(ground.source)).values()].toSorted(),
    );
    await backUp(there, 4);
    await backUp(there, 5);
    const stores = await goodStores(domain, "vms");
    expect(
      stores.map(({ documents }) => [...documents.values()].join().match(/round \d/)?.[0]),
    ).toEqual(["round 5", "round 4"]);
    expect((await there.backups()).map(({ state }) => state)).toEqual([
      "COMPLETE",
      "COMPLETE",
      "DELETED",
      "DELETED",
    ]);
    const refused = await here.run("backup", "create", "vms", "--provider", "domain");
    expect(refused).toMatchObject({ status: expect.any(Number) as number });
    expect(refused.status).not.toBe(0);
    expect(await goodStores(domain, "vms")).toEqual(stores);
  });

  test("tells what is damaged, and takes no announcement for a backup", async () => {
    await rm(slot(0, "tar"));
    const there = await newInstallation(ground);
    await expect(attach(there, "--resume")).rejects.toThrow("ovf_store_0.tar is not there");
    const states = (await there.backups()).map(({ copies }) => copies[0]?.state);
    expect(states).toEqual(["MISSING", "COMPLETE"]);

    const side = JSON.parse(await readFile(slot(1, "json"), "utf8")) as object;
    await writeFile(slot(1, "json"), JSON.stringify({ ...side, Updated: false }));
    await writeFile(slot(0, "json"), "{");
    await there.ok("provider", "detach", "domain");
    const third = await newInstallation(ground);
    const outcome = await third.run(
      "provider",
      "attach",
      "domain",
      "--type",
      "msd",
      "--set",
      `path=${domain}`,
      "--resume",
      "--json",
    );
    expect(outcome.output).toContain("vms/ovf_store_0.json");
    expect(await third.backups()).toEqual([]);
  });

  test("begun anew beside it keeps the newest good one until it has one of its own", async () => {
    const there = await newInstallation(ground);
    await attach(there, "--fresh");
    const source = ["--system", "virt.example", "--scope", "files"];
    await there.ok(
      "source",
      "add",
      "vms",
      "--type",
      "ovf",
      ...source,
      "--set",
      `path=${ground.source}`,
    );
    await backUp(there, 4);
    const rounds = async (): Promise<unknown> =>
      (await goodStores(domain, "vms")).map(
        ({ documents }) => [...documents.values()].join().match(/round \d/)?.[0],
      );
    expect(await rounds()).toEqual(expect.arrayContaining(["round 3", "round 4"]));
    await backUp(there, 5);
    expect(await rounds()).toEqual(expect.arrayContaining(["round 4", "round 5"]));
  });
});
