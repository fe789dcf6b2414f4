import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readPassfile, writePassfile } from "../src/passfile.ts";
import { temporaryFolder } from "./server/support.ts";

const login = { host: "127.0.0.1", port: 5432, database: "lastgood", user: "lastgood" };

async function passfile(text: string): Promise<string> {
  const path = join(await temporaryFolder(), "passfile");
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

test.each(["plain", "with:colon", String.raw`with\backslash`, "with space"])(
  "what is written is read again: %s",
  async (password) => {
    const path = join(await temporaryFolder(), "passfile");
    await writePassfile(path, "lastgood", password);
    expect(await readPassfile(path, login)).toBe(password);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  },
);

test.each([
  {
    name: "the first line that fits wins",
    text: "*:*:*:lastgood:one\n*:*:*:*:two\n",
    password: "one",
  },
  { name: "another host is passed over", text: "db:*:*:*:one\n*:*:*:*:two\n", password: "two" },
  { name: "another port is passed over", text: "*:5433:*:*:one\n*:5432:*:*:two", password: "two" },
  { name: "a comment is no line", text: "#*:*:*:*:one\n*:*:*:*:two\n", password: "two" },
])("$name", async ({ text, password }) => {
  expect(await readPassfile(await passfile(text), login)).toBe(password);
});

test("a file in which nothing fits is an error", async () => {
  const path = await passfile("*:*:*:somebody:one\n");
  await expect(readPassfile(path, login)).rejects.toMatchObject({ code: "USAGE" });
});
