import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generateIdentity, identityToRecipient } from "age-encryption";
import { expect, test, type TestContext } from "vitest";
import { addFiles, addVault, usePlace } from "../backup/support.ts";
import { fencedBlocks, readPage } from "../docs/support.ts";
import { runProgram } from "../support/programs.ts";
import { checker, examplePath } from "./support.ts";

const place = usePlace();
/** More than a frame. */
const large = Buffer.alloc(5_000_000, "all work and no play ");

async function backUp(context: TestContext, name: string, ...options: string[]): Promise<string> {
  for (const program of ["zstd", "jq"]) await checker(context, program, "--version", program);
  const folder = join(place.folder, "source");
  await mkdir(join(folder, "étage"), { recursive: true });
  await writeFile(join(folder, "étage", "a"), "hello\n");
  await writeFile(join(folder, "b"), "second\n");
  await writeFile(join(folder, "large"), large);
  await addFiles(place, name, folder);
  const vault = await addVault(place, `${name}-vault`, "--layout", "pack", ...options);
  await place.ok("backup", "create", name, "--provider", `${name}-vault`, "--name", `${name}-1`);
  return vault;
}

async function open(args: readonly string[], identity = ""): Promise<string> {
  const env = { PATH: process.env["PATH"] ?? "", IDENTITY: identity, TMPDIR: place.folder };
  const result = await runProgram("bash", [examplePath("open-by-hand.sh"), ...args], { env });
  expect(result).toMatchObject({ status: 0, stderr: "" });
  return result.stdout;
}

test("open-by-hand.sh opens a backup with zstd and jq alone", async (context) => {
  const vault = await backUp(context, "plain");
  const manifest = "manifests/plain-1.manifest";
  expect(await open([vault, manifest])).toBe("b\nlarge\nétage/a\n");
  expect(await open([vault, manifest, "étage/a"])).toBe("hello\n");
  expect(await open([vault, manifest, "b"])).toBe("second\n");
  expect(await open([vault, manifest, "large"])).toBe(large.toString());
});

test("and an encrypted one with age", async (context) => {
  await checker(context, "age", "--version", "age");
  const identity = await generateIdentity();
  const recipient = await identityToRecipient(identity);
  const vault = await backUp(context, "hidden", "--recipient", recipient);
  const file = join(place.folder, "identity");
  await writeFile(file, `${identity}\n`, { mode: 0o600 });
  const manifest = "manifests/hidden-1.manifest";
  expect(await open([vault, manifest], file)).toBe("b\nlarge\nétage/a\n");
  expect(await open([vault, manifest, "large"], file)).toBe(large.toString());
  expect(await readFile(join(vault, manifest), "latin1")).not.toContain("large");
});

test("the lines of docs/backups.md list the entries", async (context) => {
  const vault = await backUp(context, "etc");
  const script = (fencedBlocks(readPage("docs/backups.md"), "bash")[0] ?? "")
    .replace("/srv/backups", vault)
    .replaceAll("etc.manifest", "etc-1.manifest");
  const { status, stdout } = await runProgram("bash", ["-euc", script]);
  expect([status, stdout]).toEqual([0, expect.stringContaining('"lastgood-manifest"')]);
  expect(stdout).toContain('\n"."\n"b"\n"large"\n');
});
