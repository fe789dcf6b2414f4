import { lstat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { withLock } from "../../src/server/lock.ts";
import { processIdentity } from "../../src/server/process.ts";
import { temporaryFolder } from "./support.ts";

test("work under one lock never overlaps", async () => {
  const path = join(await temporaryFolder(), "lock");
  let inside = 0;
  const work = async (): Promise<number> => {
    inside += 1;
    const seen = inside;
    await setImmediate();
    inside -= 1;
    return seen;
  };
  const seen = await Promise.all([1, 2, 3, 4].map(() => withLock(path, work)));
  expect(seen).toEqual([1, 1, 1, 1]);
});

test("the lock is given back when the work fails", async () => {
  const path = join(await temporaryFolder(), "lock");
  await expect(withLock(path, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  await expect(lstat(path)).rejects.toMatchObject({ code: "ENOENT" });
});

test.each([
  { name: "is dead", holder: () => Promise.resolve("2147483646.1") },
  {
    name: "is dead, and another process has its number now",
    holder: async () => `${await processIdentity(process.pid)}0`,
  },
])("the lock of a holder that $name is taken over", async ({ holder }) => {
  const path = join(await temporaryFolder(), "lock");
  await symlink(await holder(), path);
  expect(await withLock(path, () => Promise.resolve("done"))).toBe("done");
});
