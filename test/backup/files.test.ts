import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { BackupRow } from "../../src/dao/backup.ts";
import { addFiles, addVault, usePlace } from "./support.ts";

const place = usePlace();
let count = 0;
let name = "";

beforeEach(async () => {
  count += 1;
  name = `tree${count}`;
  const source = join(place.folder, "source");
  await mkdir(join(source, "etc", "ssl"), { recursive: true });
  await writeFile(join(source, "etc", "hosts"), "127.0.0.1 localhost\n");
  await writeFile(join(source, "etc", "ssl", "key.pem"), "secret\n");
  await writeFile(join(source, "big"), Buffer.alloc(6_000_000, "x"));
  await addFiles(place, name, source);
});

describe.each(["pack", "tree"])("a tree of files in layout %s", (layout) => {
  let vault = "";
  beforeEach(async () => {
    vault = `vault${count}`;
    await addVault(place, vault, "--layout", layout);
  });

  test("is backed up, listed, verified and restored, and the verdict follows", async () => {
    const id = await place.ok("backup", "create", name, "--provider", vault);
    expect(id).toMatch(/^\d+$/);
    const [backup] = await place.json<BackupRow[]>("backup", "list", name);
    expect(backup).toMatchObject({
      id: Number(id),
      source: name,
      state: "COMPLETE",
      proof_level: 2,
      size_bytes: 6_000_027,
      copies: [{ provider: vault, state: "COMPLETE", layout }],
    });
    const items = await place.json<{ name: string; kind: string }[]>("backup", "items", id);
    expect(items.map((item) => item.name)).toEqual([
      ".",
      "big",
      "etc",
      "etc/hosts",
      "etc/ssl",
      "etc/ssl/key.pem",
    ]);
    const verified = await place.ok("backup", "verify", id, "--level", "decode");
    expect(verified).toContain("decode  ok");
    const target = join(place.folder, "restored");
    await place.ok("restore", "create", id, "--to", target);
    expect(await readFile(join(target, "etc", "ssl", "key.pem"), "utf8")).toBe("secret\n");
    const status = await place.json<{ scopes: { state: string }[] }[]>("status", `${name}.example`);
    expect(status).toMatchObject([{ state: "ok" }]);
  });

  test("gives back one file that is picked", async () => {
    const id = await place.ok("backup", "create", name, "--provider", vault);
    const target = join(place.folder, "one");
    await place.ok("restore", "create", id, "--to", target, "--item", "etc/hosts");
    expect(await readFile(join(target, "etc", "hosts"), "utf8")).toBe("127.0.0.1 localhost\n");
    await expect(readFile(join(target, "big"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("beyond the length of a chain an incremental backup is full, and says so", async () => {
    const create = ["backup", "create", name, "--provider", vault, "--incremental"];
    await place.ok("config", "set", "BackupMaxChainLength", "2");
    try {
      await place.ok(...create);
      await place.ok(...create);
      const { errors, output } = await place.run(...create);
      expect(errors).toContain("the chain had 2 backups: this one is a full backup");
      expect(await place.json<BackupRow>("backup", "show", output.trim())).toMatchObject({
        type: "full",
        parent_id: null,
      });
    } finally {
      await place.ok("config", "reset", "BackupMaxChainLength");
    }
  });

  test("unchanged, an incremental backup stores next to nothing and stands alone", async () => {
    const full = await place.ok("backup", "create", name, "--provider", vault);
    const next = await place.ok("backup", "create", name, "--provider", vault, "--incremental");
    const [newer] = await place.json<BackupRow[]>("backup", "list", name);
    expect(newer).toMatchObject({ id: Number(next), type: "incremental", parent_id: Number(full) });
    expect(newer?.copies[0]?.stored_bytes).toBeLessThan(4_000);
    const target = join(place.folder, "restored");
    await place.ok("restore", "create", next, "--to", target);
    expect((await readFile(join(target, "big"))).length).toBe(6_000_000);
    const refused = await place.run("backup", "delete", full);
    expect(refused).toMatchObject({ status: 1 });
    expect(refused.errors).toContain("hint:");
  });

  test.each([
    ["home/**", ["home/.ssh", "home/.ssh/key", "home/docs"]],
    ["hom*", ["home", "home/.ssh", "home/.ssh/key", "home/docs"]],
    ["/home/*/", ["home/.ssh", "home/.ssh/key", "home/docs"]],
    [".p*", [".profile"]],
    ["**/key", ["home/.ssh", "home/.ssh/key"]],
    ["photo[1].jpg", ["photo[1].jpg"]],
    ["photo?.jpg", ["photo1.jpg"]],
    ["a*b", ["a*b"]],
    ["ax*", ["axb"]],
    ["caf?", ["café"]],
    ["caf??", undefined],
    ["{photo1,axb}*", undefined],
  ])(
    "picks by %s what people would: dots and brackets are nothing special",
    async (item, wanted) => {
      const source = join(place.folder, "source");
      await mkdir(join(source, "home", ".ssh"), { recursive: true });
      const files = ["photo1.jpg", "photo[1].jpg", "a*b", "axb", "café", ".profile"];
      for (const file of [...files, "home/.ssh/key", "home/docs"]) {
        await writeFile(join(source, file), file);
      }
      const id = await place.ok("backup", "create", name, "--provider", vault);
      const target = join(place.folder, "picked");
      const { status } = await place.run("restore", "create", id, "--to", target, "--item", item);
      expect(status).toBe(wanted === undefined ? 2 : 0);
      if (wanted === undefined) return;
      const found = await readdir(target, { recursive: true });
      expect(found.filter((path) => path !== "home" || item === "hom*").toSorted()).toEqual(wanted);
    },
  );
});
