import { hostname } from "node:os";
import { expect, test } from "vitest";
import { attachProvider } from "../../src/attach/attach.ts";
import { keptLog } from "../support/log.ts";
import { attach, newGround, newInstallation, newOwner, restored } from "./support.ts";

test("a backup that is made while the place is read is neither lost nor left out", async () => {
  const ground = await newGround();
  const old = await newOwner(ground, "--layout", "pack");
  await old.ok("backup", "create", "etc", "--name", "first");
  const anew = await newInstallation(ground);
  const attaching = attachProvider(
    anew.client,
    { name: "vault2", type: "local-fs", settings: { path: ground.vault }, recipients: [] },
    async () => {
      await old.ok("backup", "create", "etc", "--name", "second");
      return "resume";
    },
    {
      env: anew.env,
      signal: new AbortController().signal,
      logger: keptLog(),
      host: hostname(),
      warn: () => {},
    },
  );
  await expect(attaching).rejects.toMatchObject({
    code: "PLACE",
    hint: expect.stringContaining("attach it again") as string,
  });
  expect(await anew.backups()).toEqual([]);
  // By now it is no longer the old owner's.
  expect(await old.run("backup", "create", "etc")).toMatchObject({ status: 1 });

  await attach(anew, ground, "--resume");
  expect(await anew.backups()).toMatchObject([{ name: "second" }, { name: "first" }]);
  expect((await restored(anew, ground, "second")).size).toBe(1);
});
