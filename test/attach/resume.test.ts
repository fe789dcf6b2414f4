import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { SourceRow } from "../../src/dao/source.ts";
import { contentsOf } from "../backup/crash.ts";
import {
  attach,
  type Ground,
  newGround,
  newInstallation,
  newOwner,
  restored,
  verdict,
} from "./support.ts";

let ground: Ground;

beforeEach(async () => {
  ground = await newGround();
});

describe.each(["pack", "tree"])("after a total loss, from layout %s alone", (layout) => {
  test("all backups are known, can be restored, and go on with what changed", async () => {
    const old = await newOwner(ground, "--layout", layout);
    await writeFile(join(ground.source, "large"), Buffer.alloc(300_000, "x"));
    await old.ok("backup", "create", "etc", "--name", "first");
    const wanted = await contentsOf(ground.source);
    await writeFile(join(ground.source, "motd"), "welcome\n");
    await old.ok("backup", "create", "etc", "--name", "second", "--incremental");
    const [lost] = await old.backups();

    const anew = await newInstallation(ground);
    const outcome = await attach(anew, ground, "--resume");
    expect(outcome).toMatchObject({
      provider: "vault2",
      mode: "resume",
      damaged: [],
      unreadable: [],
      sources: [
        {
          source: "etc",
          type: "files",
          fqdn: "engine.test",
          scope: "files",
          goes_on: true,
          backups: 2,
          complete: 2,
          newest: "second",
        },
      ],
    });
    const [second, first] = await anew.backups();
    expect(second).toMatchObject({
      name: "second",
      type: "incremental",
      state: "COMPLETE",
      parent_id: first?.id,
      proof_level: 1,
      is_good: true,
      is_proven: false,
      origin: old.id,
      started_at: lost?.started_at,
      size_bytes: lost?.size_bytes,
      entries: lost?.entries,
      copies: [{ provider: "vault2", state: "COMPLETE", layout, last_result: "ok" }],
    });
    expect(await verdict(anew)).toMatchObject({ state: "ok" });
    expect(await restored(anew, ground, "first")).toEqual(wanted);
    expect(await restored(anew, ground, "second")).toEqual(await contentsOf(ground.source));
    await anew.ok("backup", "verify", "first", "--level", "decode");

    const [source] = await anew.json<SourceRow[]>("source", "list");
    expect(source).toMatchObject({ name: "etc", settings: { path: ground.source } });
    await writeFile(join(ground.source, "motd"), "changed\n");
    await anew.ok("backup", "create", "etc", "--name", "third", "--incremental");
    const [third] = await anew.backups();
    expect(third).toMatchObject({ type: "incremental", parent_id: second?.id, proof_level: 2 });
    expect(third?.copies[0]?.stored_bytes).toBeLessThan(5000);
    expect(await restored(anew, ground, "third")).toEqual(await contentsOf(ground.source));
  });
});

test("the verdict knows the last good backup as of its own end, and is told once", async () => {
  const old = await newOwner(ground);
  await old.ok("backup", "create", "etc", "--name", "first");
  const before = await verdict(old);
  const anew = await newInstallation(ground);
  await attach(anew, ground, "--resume");
  const after = await verdict(anew);
  expect(after?.state).toBe("ok");
  const end = before?.last_success_at?.getTime() ?? 0;
  expect(Math.abs((after?.last_success_at?.getTime() ?? 0) - end)).toBeLessThan(5000);
  await anew.ok("provider", "detach", "vault2");
  expect(await verdict(anew)).toMatchObject({ state: "missing" });
  await attach(anew, ground, "--resume");
  expect(await verdict(anew)).toEqual(after);
  const { rows } = await anew.client.query(
    "select from lastgood.engine_backup_log where fqdn = 'engine.test'",
  );
  expect(rows).toHaveLength(1);
});
