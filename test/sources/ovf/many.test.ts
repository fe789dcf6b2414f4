import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { addVault, usePlace } from "../../backup/support.ts";
import { startRun } from "../../backup/crash.ts";
import { commonMachine, makeOvf } from "../../support/ovf.ts";
import { addOvf } from "./support.ts";

const place = usePlace();
const count = 10_000;

/** Documents of a common size, 100 data centers with 100 machines each. */
async function writeMany(): Promise<string> {
  const folder = join(place.folder, "ovf");
  for (let group = 0; group < 100; group += 1) {
    await mkdir(join(folder, `DC${group}`), { recursive: true });
    await Promise.all(
      Array.from({ length: count / 100 }, (_, index) => {
        const number = group * 100 + index + 1;
        const text = makeOvf(commonMachine(number));
        return writeFile(join(folder, `DC${group}`, `${number}.ovf`), text);
      }),
    );
  }
  return folder;
}

/** Runs `lastgood` as a process of its own, with little memory for all that it may hold. */
async function run(...args: readonly string[]): Promise<void> {
  const child = startRun(place, args, { NODE_OPTIONS: "--max-old-space-size=160" });
  expect({ status: await child.ended(), errors: child.stderr() }).toMatchObject({ status: 0 });
}

test("10,000 machines are backed up in little memory, and one of them is restored", async () => {
  await addVault(place, "vault");
  const folder = await writeMany();
  await addOvf(place, "vms", `path=${folder}`);
  await run("backup", "create", "vms", "--provider", "vault");
  const added = makeOvf(commonMachine(20_000, { name: "new" }));
  await writeFile(join(folder, "DC7", "new.ovf"), added);
  await run("backup", "create", "vms", "--provider", "vault", "--incremental");
  const backups = await place.json<readonly object[]>("backup", "list");
  expect(backups).toMatchObject([
    { type: "incremental", state: "COMPLETE", entries: count + 1 },
    { type: "full", state: "COMPLETE", entries: count },
  ]);
  const [{ id }] = backups as [{ id: number }];
  const target = join(place.folder, "restored");
  await run("restore", "create", `${id}`, "--to", target, "--item", "new");
  expect(await readdir(target)).toHaveLength(1);
}, 120_000);
