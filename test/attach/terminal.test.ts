import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { runProgram } from "../../src/cli/program.ts";
import { testIo } from "../support/io.ts";
import { waitFor } from "../support/wait.ts";
import { newGround, newInstallation, newOwner, placeOptions } from "./support.ts";

test("not on a terminal one has to say how to go on, and only one of both", async () => {
  const ground = await newGround();
  const anew = await newInstallation(ground);
  const args = ["provider", "attach", "vault2", ...placeOptions(ground.vault)];
  const { status, errors } = await anew.run(...args);
  expect(status).toBe(2);
  expect(errors).toContain("--resume or --fresh");
  expect(await anew.run(...args, "--resume", "--fresh")).toMatchObject({ status: 2 });
});

test.each([
  ["resume", ["\r"]],
  ["fresh", ["\u001B[B", "\r"]],
])("on a terminal it shows what is there and asks: %s", async (mode, keys) => {
  const ground = await newGround();
  const old = await newOwner(ground);
  await old.ok("backup", "create", "etc");
  const { env } = await newInstallation(ground);
  const [stdin, stderr] = [new PassThrough(), new PassThrough()];
  let seen = "";
  stderr.on("data", (chunk: Buffer) => (seen += chunk.toString()));
  const io = { ...testIo({ env, isTerminal: true }), stdin, stderr };
  const running = runProgram(io, [
    "provider",
    "attach",
    "vault2",
    ...placeOptions(ground.vault),
    "--json",
  ]);
  await waitFor(() => seen.includes("fresh: "), { what: "the question" });
  expect(seen).toContain("1 backups of 1 sources");
  for (const key of keys) stdin.write(key);
  await running;
  expect([io.status(), JSON.parse(io.output())]).toMatchObject([0, { mode }]);
});
