import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { writePassfile } from "../../src/passfile.ts";
import { resolveTarget } from "../../src/postgresql/connection.ts";
import { temporaryFolder } from "../support/folder.ts";

let passfile = "";
let url = "";

beforeEach(async () => {
  passfile = join(await temporaryFolder(), "passfile");
  await writePassfile(passfile, "me", "hush");
  url = `postgresql://me@db.example/shop?passfile=${encodeURIComponent(passfile)}`;
});

test("the URL of a secret may name a passfile", async () => {
  const target = await resolveTarget("secret:shop", { LASTGOOD_SECRET_SHOP: `${url}\n` });
  expect(target).toMatchObject({ user: "me", database: "shop", password: "hush" });
});

test("a password in the URL goes before it", async () => {
  const given = url.replace("me@", "me:other@");
  const target = await resolveTarget("secret:shop", { LASTGOOD_SECRET_SHOP: given });
  expect(target.password).toBe("other");
});

test("who writes a setting cannot choose which file is read", async () => {
  expect((await resolveTarget(url, {})).password).toBe("");
});

test("a passfile that others can read is refused", async () => {
  await chmod(passfile, 0o644);
  const env = { LASTGOOD_SECRET_SHOP: url };
  await expect(resolveTarget("secret:shop", env)).rejects.toThrow("can be read by others");
});
