import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { skip } from "../../support/skip.ts";
import { fingerprint, Site } from "./restore-support.ts";
import { backUp } from "./support.ts";

test("100,000 small files are read, carried and restored", { timeout: 600_000 }, async (task) => {
  if (process.env["LASTGOOD_SLOW_TESTS"] !== "1") skip(task, "set LASTGOOD_SLOW_TESTS=1 to run it");
  const site = await Site.make();
  for (let folder = 0; folder < 500; folder += 1) {
    mkdirSync(join(site.source, `${folder}`));
    for (let file = 0; file < 200; file += 1) {
      const bytes = Buffer.alloc(
        500 + (((folder * 200 + file) * 7919) % 2000),
        `${folder} ${file} `,
      );
      writeFileSync(join(site.source, `${folder}/${file}`), bytes);
    }
  }
  const first = await timed("first backup", () => backUp(site.source, site.context));
  const second = await timed("unchanged", () =>
    backUp(site.source, site.context, { parent: first }),
  );
  await timed("restore", () => site.restore(second));
  expect(first.list).toHaveLength(100_501);
  expect(second.stores).toBeLessThan(first.stores / 2);
  expect(await fingerprint(site.target)).toBe(await fingerprint(site.source));
});

async function timed<T>(what: string, act: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await act();
  console.log(`${what}: ${((performance.now() - start) / 1000).toFixed(2)} s`);
  return result;
}
