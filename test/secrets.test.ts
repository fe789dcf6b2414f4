import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isSecretRef, resolveSecret } from "../src/secrets.ts";
import { secretSetting } from "../src/secret-setting.ts";
import { temporaryFolder } from "./support/folder.ts";

const value = "s3cr3t-value";

async function folderWith(text: string, mode = 0o600): Promise<{ LASTGOOD_SECRETS_DIR: string }> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "shop_url"), text);
  await chmod(join(folder, "shop_url"), mode);
  return { LASTGOOD_SECRETS_DIR: folder };
}

test("a secret is the variable of its name in upper case", async () => {
  expect(await resolveSecret("secret:shop_url", { LASTGOOD_SECRET_SHOP_URL: value })).toBe(value);
});

test("else it is the file of its name, without the last line end", async () => {
  const texts = [value, `${value}\n`, `${value}\r\n`];
  for (const text of texts) {
    expect(await resolveSecret("secret:shop_url", await folderWith(text))).toBe(value);
  }
  const lines = await folderWith("one\ntwo\n\n", 0o400);
  expect(await resolveSecret("secret:shop_url", lines)).toBe("one\ntwo\n");
});

test("the variable comes before the file, an empty one does not", async () => {
  const env = await folderWith("from the file");
  const withVariable = { ...env, LASTGOOD_SECRET_SHOP_URL: value };
  expect(await resolveSecret("secret:shop_url", withVariable)).toBe(value);
  const withEmpty = { ...env, LASTGOOD_SECRET_SHOP_URL: "" };
  expect(await resolveSecret("secret:shop_url", withEmpty)).toBe("from the file");
});

test("one that is nowhere names both ways to give it", async () => {
  const env = { LASTGOOD_SECRETS_DIR: await temporaryFolder() };
  const resolving = resolveSecret("secret:shop_url", env);
  await expect(resolving).rejects.toMatchObject({
    code: "USAGE",
    message: 'the secret "shop_url" is not there',
    hint: expect.stringMatching(/LASTGOOD_SECRET_SHOP_URL.*shop_url/),
  });
});

test.each([0o640, 0o604, 0o620, 0o601])("a file with mode %o is refused", async (mode) => {
  const error: unknown = await resolveSecret(
    "secret:shop_url",
    await folderWith(value, mode),
  ).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "USAGE", hint: expect.stringContaining("chmod 600") });
  expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain(value);
});

test("an empty file is refused", async () => {
  const resolving = resolveSecret("secret:shop_url", await folderWith("\n"));
  await expect(resolving).rejects.toMatchObject({ message: 'the secret "shop_url" is empty' });
});

test("a folder of that name is refused", async () => {
  const folder = await temporaryFolder();
  const resolving = resolveSecret(`secret:${folder.split("-").at(-1) ?? ""}`, {
    LASTGOOD_SECRETS_DIR: join(folder, ".."),
  });
  await expect(resolving).rejects.toMatchObject({ code: "USAGE" });
});

test.each(["secret:", "secret:a/b", "secret:..", "secret:a b", "secret:a\n", "Secret:a", value])(
  "%j names no secret, and is not repeated",
  async (text) => {
    expect(isSecretRef(text)).toBe(false);
    const error: unknown = await resolveSecret(text, {}).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "USAGE", hint: expect.stringContaining("secret:NAME") });
    expect(String(error)).not.toContain(text);
  },
);

test("a setting for a secret takes a name and refuses a value", () => {
  expect(secretSetting().parse("secret:shop_url")).toBe("secret:shop_url");
  const refused = secretSetting().safeParse(value);
  expect(refused.error?.message).toContain("secret:NAME");
  expect(refused.error?.message).not.toContain(value);
  expect(secretSetting().safeParse(undefined).success).toBe(false);
});
