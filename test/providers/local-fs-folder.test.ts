import { execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test, type TestContext } from "vitest";
import { localFs } from "../../src/providers/local-fs.ts";
import { temporaryFolder } from "../support/folder.ts";
import { skip } from "../support/skip.ts";
import { body, list, mega, never, newOwnership, openPlace, read, type OpenPlace } from "./place.ts";

const context = { env: {}, signal: never };
const isRoot = process.geteuid?.() === 0;

async function opened(path?: string): Promise<OpenPlace & { root: string }> {
  const root = path ?? join(await temporaryFolder(), "root");
  return { root, ...(await openPlace(localFs, { settings: { path: root } })) };
}

async function modeOf(path: string): Promise<number> {
  return (await lstat(path)).mode & 0o777;
}

describe("its folder", () => {
  test("is made with those above it, for its owner alone, and so is what lies in it", async () => {
    const root = join(await temporaryFolder(), "deep", "er", "root");
    const { provider } = await opened(root);
    await provider.put("packs/ab/c", body("x"));
    for (const path of ["", "packs", "packs/ab", ".incomplete"]) {
      expect([path, await modeOf(join(root, path))]).toEqual([path, 0o700]);
    }
    for (const path of ["packs/ab/c", "lastgood-provider.json"]) {
      expect([path, await modeOf(join(root, path))]).toEqual([path, 0o600]);
    }
    expect(await modeOf(join(root, "..", ".."))).toBe(0o700);
  });

  test("is closed when it is made ready, if it was open and empty", async () => {
    const root = await temporaryFolder();
    await chmod(root, 0o755);
    await mkdir(join(root, "lost+found"));
    await opened(root);
    expect(await modeOf(root)).toBe(0o700);
  });

  test("has a marker that says whose it is", async () => {
    const { root, ownership } = await opened();
    const marker = JSON.parse(await readFile(join(root, "lastgood-provider.json"), "utf8"));
    expect(marker).toEqual({ format: "lastgood-provider", version: 1, ...ownership });
  });

  test("is refused when other things are in it, and stays as it was", async () => {
    const root = await temporaryFolder();
    await writeFile(join(root, "letter"), "dear");
    await chmod(root, 0o755);
    await expect(opened(root)).rejects.toMatchObject({
      trouble: "foreign",
      message: expect.stringContaining('"letter"'),
    });
    expect(await modeOf(root)).toBe(0o755);
    expect(await readdir(root)).toEqual(["letter"]);
  });

  test("is made ready again after it was cut short before its marker", async () => {
    const root = await temporaryFolder();
    await mkdir(join(root, ".incomplete"));
    await writeFile(join(root, ".incomplete", "lastgood-provider.json.0123456789abcdef"), "{");
    const { provider } = await opened(root);
    expect(await list(provider)).toEqual([]);
  });

  test("is refused when others may look into it", async () => {
    const { root, reopen } = await opened();
    await chmod(root, 0o750);
    await expect(reopen()).rejects.toMatchObject({
      code: "PLACE",
      hint: expect.stringContaining(`chmod 700 ${root}`),
    });
  });

  test("is refused when it is another user's", async (each) => {
    if (!isRoot) skip(each, "only root can give a folder away");
    const root = await temporaryFolder();
    await chown(root, 65_534, 65_534);
    await expect(opened(root)).rejects.toMatchObject({
      message: `${root} belongs to another user, with id 65534`,
    });
    expect(await readdir(root)).toEqual([]);
  });

  test("is refused where the system takes no folder", async (each) => {
    if (process.platform !== "linux") skip(each, "only Linux has such a /proc");
    await expect(opened("/proc/nothing/root")).rejects.toMatchObject({ code: "PLACE" });
  });

  test("is made by two at once", async () => {
    const path = join(await temporaryFolder(), "deep", "er", "root");
    const ownership = newOwnership();
    const makings = [1, 2, 3].map(() => localFs.initialise({ path }, ownership, context));
    await expect(Promise.all(makings)).resolves.toHaveLength(3);
  });

  test.each(["a file", "below a file"])("is refused when it is %s", async (where) => {
    const file = join(await temporaryFolder(), "file");
    await writeFile(file, "x");
    const path = where === "a file" ? file : join(file, "root");
    await expect(opened(path)).rejects.toMatchObject({ code: "PLACE" });
  });

  test.each(["{}", "not JSON", '{"format":"lastgood-provider","version":2}'])(
    "is refused with a marker that cannot be understood: %s",
    async (text) => {
      const { root, reopen } = await opened();
      await writeFile(join(root, "lastgood-provider.json"), text);
      await expect(reopen()).rejects.toMatchObject({ trouble: "foreign" });
    },
  );

  test("may be reached by a link", async () => {
    const { root, ownership } = await opened();
    const link = join(await temporaryFolder(), "link");
    await symlink(root, link);
    const provider = await localFs.open({ path: link }, ownership, context);
    await provider.put("packs/a", body("x"));
    expect(provider.folder).toBe(root);
  });
});

describe("a folder that is away", () => {
  /** As when a disk is unmounted under us: an empty folder where ours was. */
  async function away(): Promise<OpenPlace & { root: string }> {
    const place = await opened();
    await place.provider.put("packs/a", body("x"));
    await rename(place.root, `${place.root}.away`);
    await mkdir(place.root, { mode: 0o700 });
    return place;
  }

  test("is never said to lack an object", async () => {
    const { provider } = await away();
    const gone = {
      code: "PLACE",
      trouble: "unreachable",
      hint: expect.stringContaining("mounted"),
    };
    await expect(provider.get("packs/a")).rejects.toMatchObject(gone);
    await expect(provider.stat("packs/a")).rejects.toMatchObject(gone);
    await expect(list(provider)).rejects.toMatchObject(gone);
    await expect(provider.delete("packs/a")).rejects.toMatchObject(gone);
    await expect(provider.removePartial("")).rejects.toMatchObject(gone);
  });

  test("is never written to", async () => {
    const { provider, root } = await away();
    await expect(provider.put("packs/b", body("x"))).rejects.toMatchObject({
      trouble: "unreachable",
    });
    expect(await readdir(root)).toEqual([]);
  });

  test("is asked about when it is opened", async () => {
    const { root, reopen } = await opened();
    await rm(root, { recursive: true });
    await expect(reopen()).rejects.toMatchObject({
      trouble: "unreachable",
      message: `there is no folder ${root}`,
      hint: "Is it mounted?",
    });
  });
});

describe("links below the folder", () => {
  test("in place of an object are not followed", async () => {
    const { provider, root } = await opened();
    const outside = join(await temporaryFolder(), "outside");
    await writeFile(outside, "secret");
    await provider.put("packs/a", body("x"));
    await symlink(outside, join(root, "packs/b"));
    const refusal = { trouble: "failed", hint: expect.stringContaining("Symbolic links") };
    await expect(provider.get("packs/b")).rejects.toMatchObject(refusal);
    await expect(provider.stat("packs/b")).rejects.toMatchObject(refusal);
    expect(await list(provider)).toEqual(["packs/a"]);
    await provider.put("packs/b", body("ours"));
    expect(await read(provider, "packs/b")).toEqual(Buffer.from("ours"));
    expect(await readFile(outside, "utf8")).toBe("secret");
  });

  test("in place of a folder are not followed", async () => {
    const { provider, root } = await opened();
    const outside = await temporaryFolder();
    await writeFile(join(outside, "a"), "secret");
    await symlink(outside, join(root, "packs"));
    const refusal = { trouble: "failed", hint: expect.stringContaining("Symbolic links") };
    await expect(provider.get("packs/a")).rejects.toMatchObject(refusal);
    await expect(provider.stat("packs/a")).rejects.toMatchObject(refusal);
    await expect(provider.put("packs/b", body("x"))).rejects.toMatchObject(refusal);
    await expect(provider.put("packs/c/d", body("x"))).rejects.toMatchObject(refusal);
    await expect(provider.delete("packs/a")).rejects.toMatchObject(refusal);
    await expect(list(provider, "packs/")).rejects.toMatchObject(refusal);
    expect(await list(provider)).toEqual([]);
    expect(await readdir(outside)).toEqual(["a"]);
    expect(await readdir(join(root, ".incomplete"))).toEqual([]);
  });
});

test("what is no object is neither listed nor removed", async () => {
  const { provider, root } = await opened();
  await provider.put("trees/a", body("x"));
  await mkdir(join(root, ".incomplete", "tree-b"));
  await writeFile(join(root, ".incomplete", "content.0123456789abcdef"), "x");
  await mkdir(join(root, ".trash"));
  await writeFile(join(root, ".trash", "c"), "x");
  await writeFile(join(root, "trees", "odd name"), "x");
  expect(await list(provider)).toEqual(["trees/a"]);
  expect(await provider.removePartial("")).toBe(0);
  expect(await readdir(join(root, ".incomplete"))).toHaveLength(2);
});

test("an object that becomes shorter while it is read is no end of the stream", async () => {
  const { provider, root } = await opened();
  await provider.put("a", body(Buffer.alloc(8 * mega)));
  const stream = await provider.get("a");
  await truncate(join(root, "a"), mega);
  const reading = (async (): Promise<void> => {
    for await (const chunk of stream) void chunk;
  })();
  await expect(reading).rejects.toMatchObject({ code: "PLACE", trouble: "failed" });
});

test("kill -9 in the middle of a put leaves nothing that is listed, and the rest is removed", async () => {
  const { provider, root, ownership, reopen } = await opened();
  await provider.put("packs/ab/whole.pack", body("x"));
  const program = fileURLToPath(new URL("local-fs.child.ts", import.meta.url));
  const child = spawn(process.execPath, [program, root, ownership.installation, ownership.marker], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "exit");
  await Promise.race([once(child.stdout, "data"), ended]);
  child.kill("SIGKILL");
  expect(await ended).toEqual([null, "SIGKILL"]);

  const again = await reopen();
  expect(await list(again)).toEqual(["packs/ab/whole.pack"]);
  expect(await again.stat("packs/ab/endless.pack")).toBeUndefined();
  expect(await readdir(join(root, ".incomplete"))).toHaveLength(1);
  expect(await again.removePartial("manifests/")).toBe(0);
  expect(await again.removePartial("packs/")).toBe(1);
  expect(await readdir(join(root, ".incomplete"))).toEqual([]);
  expect(await list(again)).toEqual(["packs/ab/whole.pack"]);
});

/** A file system of 4 MiB; only root can mount one. */
async function smallDisk(each: TestContext): Promise<string> {
  if (!isRoot) skip(each, "only root can mount a small disk");
  const folder = await temporaryFolder();
  try {
    await run("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", folder]);
  } catch (error) {
    skip(each, `no small disk can be mounted: ${String(error)}`);
  }
  onTestFinished(async () => {
    await run("umount", ["--lazy", folder]);
  });
  return folder;
}

const run = promisify(execFile);

test("a full disk is said to be full, and nothing of the object stays", async (each) => {
  const root = await smallDisk(each);
  const { provider } = await opened(root);
  await provider.put("packs/a", body(Buffer.alloc(mega)));
  await expect(provider.put("packs/b", body(Buffer.alloc(8 * mega)))).rejects.toMatchObject({
    code: "PLACE",
    trouble: "full",
    hint: expect.stringContaining("room"),
  });
  expect(await list(provider)).toEqual(["packs/a"]);
  expect(await readdir(join(root, ".incomplete"))).toEqual([]);
  await provider.put("packs/c", body(Buffer.alloc(mega)));
  expect((await read(provider, "packs/a")).length).toBe(mega);
});

test("a disk that is mounted read-only is read, and refuses to be written", async (each) => {
  const root = await smallDisk(each);
  const { provider, ownership, reopen } = await opened(root);
  await provider.put("packs/a", body("x"));
  await run("mount", ["-o", "remount,ro", root]);
  const again = await reopen();
  expect(await read(again, "packs/a")).toEqual(Buffer.from("x"));
  const refusal = { code: "PLACE", trouble: "read_only", hint: expect.any(String) };
  await expect(again.put("packs/b", body("x"))).rejects.toMatchObject(refusal);
  await expect(again.delete("packs/a")).rejects.toMatchObject(refusal);
  await localFs.initialise({ path: root }, ownership, context);
  const path = join(root, "other");
  await expect(localFs.initialise({ path }, newOwnership(), context)).rejects.toMatchObject(
    refusal,
  );
});

test("a disk that is unmounted is refused", async (each) => {
  const root = await smallDisk(each);
  const { ownership } = await opened(root);
  await run("umount", [root]);
  onTestFinished(async () => {
    await run("mount", ["-t", "tmpfs", "tmpfs", root]);
  });
  const opening = localFs.open({ path: root }, ownership, context);
  await expect(opening).rejects.toMatchObject({ trouble: "unreachable" });
});

test("a folder that cannot be written to by this user refuses", async (each) => {
  if (isRoot) skip(each, "root may write everywhere");
  const parent = await temporaryFolder();
  await chmod(parent, 0o500);
  const path = join(parent, randomUUID());
  await expect(opened(path)).rejects.toMatchObject({
    trouble: "failed",
    hint: expect.stringContaining("user"),
  });
  expect((await stat(parent)).mode & 0o777).toBe(0o500);
});
