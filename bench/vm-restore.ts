import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commonMachine, makeOvf, ovfId } from "../test/support/ovf.ts";
import { atMost, type Bench, type Benchmark, inTurns, type Measurement } from "./harness.ts";
import { makeWorkplace, type Workplace } from "./workplace.ts";

/** One machine out of many, against one out of a hundredth of them. */
export const vmRestore: Benchmark = {
  name: "vm-restore",
  async run(bench: Bench): Promise<Measurement[]> {
    await using place = await makeWorkplace(bench);
    const many = Math.max(200, Math.round(bench.size.rows / 1000));
    const { name: provider } = await place.addProvider("pack");
    const restoreOne = async (machines: number): Promise<() => Promise<void>> => {
      const backup = await backUp(place, provider, machines);
      let count = 0;
      return async () => {
        count += 1;
        const target = join(place.folder, `restored-${machines}-${count}`);
        const item = `vm${1 + ((count * 7_919) % machines)}:2`;
        await place.lastgood("restore", "create", backup, "--to", target, "--item", item);
      };
    };
    const [few, all] = [await restoreOne(Math.round(many / 100)), await restoreOne(many)];
    const [ofFew = 0, ofMany = 0] = await inTurns(bench.size.rounds, [few, all]);
    const times = [ofFew, ofMany].map((ms) => `${ms.toFixed(0)} ms`);
    bench.log(`one machine of ${Math.round(many / 100)}: ${times[0]}; of ${many}: ${times[1]}`);
    return [atMost(1.5, "one machine restored of many", "one of 100 times fewer", ofMany / ofFew)];
  },
};

/** A backup of so many machines; its id. */
async function backUp(place: Workplace, provider: string, machines: number): Promise<string> {
  const folder = join(place.folder, `machines-${machines}`);
  mkdirSync(folder);
  for (let number = 1; number <= machines; number += 1) {
    writeFileSync(join(folder, `${ovfId(number)}.ovf`), makeOvf(commonMachine(number)));
  }
  const name = `machines-${machines}`;
  await place.lastgood(
    ["source", "add", name, "--type", "ovf", "--system", "bench.example"],
    ["--scope", name, "--set", `path=${folder}`],
  );
  return (await place.lastgood("backup", "create", name, "--provider", provider)).trim();
}
