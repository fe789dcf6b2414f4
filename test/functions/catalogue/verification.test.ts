import { beforeEach, describe, expect, test } from "vitest";
import { Backups, type Verification } from "../../../src/admin/backups.ts";
import type { StartedBackup } from "../../../src/admin/described.ts";
import {
  addCatalogue,
  backdate,
  codeOf,
  copyId,
  eventsOf,
  makeBackup,
  rowOf,
  verdictOf,
} from "../../support/catalogue.ts";
import { setConfig } from "../../support/config.ts";
import { report } from "../../support/database.ts";
import { at, noon, useSession } from "../../support/session.ts";

const session = useSession();
let backups: Backups;

beforeEach(async () => {
  await addCatalogue(session.client);
  backups = new Backups(session.client);
});

async function madeAt(time: Date): Promise<StartedBackup> {
  const backup = await makeBackup(session.client);
  await backdate(session.client, backup, time);
  return backup;
}

async function verify(
  backup: StartedBackup,
  result: Verification["result"],
  level = 2,
  reason?: string,
): Promise<void> {
  await backups.recordVerification(copyId(backup), { level, result, reason });
}

async function copyRow(backup: StartedBackup): Promise<Record<string, unknown>> {
  const { copies } = await rowOf(session.client, backup);
  return { ...copies[0] };
}

async function alerts(): Promise<string[]> {
  const { rows } = await session.client.query<{ name: string }>(
    `select log_type_name as name from lastgood.audit_log
     where severity = 10 and not deleted and fqdn = 'engine.test'`,
  );
  return rows.map(({ name }) => name);
}

describe("what is recorded of a copy", () => {
  test("ok raises its level and never lowers it", async () => {
    const made = await madeAt(noon);
    for (const [level, expected] of [
      [3, 3],
      [1, 3],
      [4, 4],
      [0, 4],
    ] as const) {
      await verify(made, "ok", level);
      expect(await copyRow(made)).toMatchObject({
        state: "COMPLETE",
        proof_level: expected,
        last_result: "ok",
        reason: null,
      });
    }
    expect(await rowOf(session.client, made)).toMatchObject({ proof_level: 4, is_proven: true });
  });

  test.each(["unverifiable", "could_not_check"] as const)(
    "%s is neither good nor bad",
    async (result) => {
      const made = await madeAt(noon);
      await verify(made, result, 4, "no key here");
      expect(await copyRow(made)).toMatchObject({
        state: "COMPLETE",
        proof_level: 2,
        last_result: result,
        reason: "no key here",
      });
      expect(await verdictOf(session.client)).toMatchObject({ state: "ok" });
      await verify(made, "corrupt", 2, "a bit flipped");
      await verify(made, result, 4, "no key here");
      expect(await copyRow(made)).toMatchObject({
        state: "CORRUPT",
        last_result: "corrupt",
        reason: "a bit flipped",
      });
    },
  );

  test.each([
    ["corrupt", "CORRUPT", "LASTGOOD_COPY_CORRUPT"],
    ["missing", "MISSING", "LASTGOOD_COPY_MISSING"],
  ] as const)("%s is told once, and counts at once", async (result, state, event) => {
    const made = await madeAt(noon);
    await verify(made, result, 1, "as it is");
    await verify(made, result, 1, "as it is");
    expect(await copyRow(made)).toMatchObject({
      state,
      proof_level: 0,
      proven_at: null,
      last_result: result,
      reason: "as it is",
    });
    const told = await eventsOf(session.client, event);
    expect(told).toMatchObject([{ fqdn: "engine.test", scope: "files" }]);
    expect(told[0]?.message).toContain(`"${made.name}"`);
    expect(await rowOf(session.client, made)).toMatchObject({
      state: "COMPLETE",
      proof_level: null,
      is_good: false,
      is_proven: false,
    });
  });

  test.each([
    ["corrupt", 0, false],
    ["corrupt", 1, false],
    ["corrupt", 2, true],
    ["missing", 0, false],
    ["missing", 1, true],
    ["missing", 3, true],
  ] as const)("a %s copy with ok at level %i is good again: %s", async (bad, level, isGood) => {
    const made = await madeAt(noon);
    await verify(made, "ok", 5);
    await verify(made, bad);
    await verify(made, "ok", level);
    expect(await copyRow(made)).toMatchObject(
      isGood
        ? { state: "COMPLETE", proof_level: level, last_result: "ok", reason: null }
        : { state: bad.toUpperCase(), proof_level: 0, last_result: bad },
    );
    expect(await verdictOf(session.client)).toMatchObject({ state: isGood ? "ok" : "missing" });
    expect(await eventsOf(session.client, "LASTGOOD_COPY_GOOD_AGAIN")).toHaveLength(isGood ? 1 : 0);
  });

  test.each([
    [1, 1],
    [2, 1],
    [3, 1],
    [4, 4],
  ])("a sample at level %i proves level %i", async (level, proven) => {
    const made = await madeAt(noon);
    await verify(made, "missing");
    await backups.recordVerification(copyId(made), { level, sample: 0.1, result: "ok" });
    expect(await copyRow(made)).toMatchObject({ proof_level: proven });
  });

  test("LG047 for what is no verification, LG046 for what cannot be verified", async () => {
    const made = await madeAt(noon);
    const running = await backups.start({ source: "etc" });
    const id = copyId(made);
    for (const [code, values] of [
      ["LG047", `${id}, 6::smallint, 'ok'`],
      ["LG047", `${id}, -1::smallint, 'ok'`],
      ["LG047", `${id}, null, 'ok'`],
      ["LG047", `${id}, 2::smallint, 'fine'`],
      ["LG047", `${id}, 2::smallint, null`],
      ["LG047", `${id}, 2::smallint, 'ok', p_sample => 0`],
      ["LG047", `${id}, 2::smallint, 'ok', p_sample => 1.5`],
      ["LG047", `${id}, 2::smallint, 'ok', p_sample => null`],
      ["LG046", "999, 2::smallint, 'ok'"],
      ["LG046", `${copyId(running)}, 2::smallint, 'ok'`],
    ] as const) {
      const statement = `select lastgood.record_verification(${values})`;
      expect(await codeOf(session.client, statement)).toBe(code);
    }
  });
});

describe("the verdict", () => {
  test("falls back to the last good backup, and its alert comes and goes with it", async () => {
    await madeAt(at({ hours: -30 }));
    const middle = await madeAt(at({ hours: -20 }));
    const newest = await madeAt(at({ hours: -1 }));
    expect(await verdictOf(session.client)).toMatchObject({
      state: "ok",
      last_success_at: at({ hours: -1 }),
    });
    await verify(newest, "corrupt");
    expect(await verdictOf(session.client)).toMatchObject({
      state: "ok",
      last_success_at: at({ hours: -20 }),
      proof_level: 2,
    });
    expect(await alerts()).toEqual([]);
    await verify(middle, "missing");
    expect(await verdictOf(session.client)).toMatchObject({
      state: "outdated",
      last_success_at: at({ hours: -30 }),
    });
    expect(await alerts()).toEqual(["ENGINE_NO_WARM_BACKUP"]);
    await verify(newest, "ok");
    expect(await alerts()).toEqual([]);
    expect(await verdictOf(session.client)).toMatchObject({ state: "ok" });
  });

  test("falls back to a report of another tool, and back to none", async () => {
    const foreign = { fqdn: "engine.test", scope: "files", doneAt: at({ hours: -3 }) };
    await report(session.client, foreign);
    const ours = await madeAt(at({ hours: -1 }));
    expect(await verdictOf(session.client)).toMatchObject({ proof_level: 2 });
    await verify(ours, "corrupt");
    expect(await verdictOf(session.client)).toMatchObject({
      last_success_at: at({ hours: -3 }),
      proof_level: 0,
    });
  });

  test("with a copy that is bad and one that is good, the good one counts", async () => {
    await session.client.query("select lastgood.add_provider('other', 'debug')");
    const made = await makeBackup(session.client, { providers: ["vault", "other"] });
    await backdate(session.client, made, noon);
    await backups.recordVerification(copyId(made, "other"), { level: 4, result: "ok" });
    expect(await verdictOf(session.client)).toMatchObject({ state: "ok", proof_level: 4 });
    await backups.recordVerification(copyId(made, "other"), { level: 1, result: "missing" });
    expect(await verdictOf(session.client)).toMatchObject({ state: "ok", proof_level: 2 });
    await backups.recordVerification(copyId(made), { level: 2, result: "corrupt" });
    expect(await verdictOf(session.client)).toMatchObject({ state: "missing", proof_level: null });
  });

  test("counts as far as BackupRequiredProofLevel asks; foreign reports prove nothing", async () => {
    const old = await madeAt(at({ hours: -9 }));
    await verify(old, "ok", 4);
    await madeAt(at({ hours: -5 }));
    const foreign = { fqdn: "engine.test", scope: "files", doneAt: at({ hours: -1 }) };
    await report(session.client, foreign);
    for (const [required, hours, level] of [
      ["0", -1, 0],
      ["1", -5, 2],
      ["2", -5, 2],
      ["3", -9, 4],
      ["4", -9, 4],
    ] as const) {
      await setConfig(session.client, "BackupRequiredProofLevel", required);
      expect(await verdictOf(session.client)).toMatchObject({
        state: "ok",
        last_success_at: at({ hours }),
        proof_level: level,
      });
    }
    await setConfig(session.client, "BackupRequiredProofLevel", "5");
    expect(await verdictOf(session.client)).toMatchObject({ state: "missing", proof_level: null });
    expect(await alerts()).toEqual(["ENGINE_NO_FULL_BACKUP"]);
    await verify(old, "ok", 5);
    expect(await alerts()).toEqual([]);
    expect(await rowOf(session.client, old)).toMatchObject({ is_good: true });
  });

  test("of a failing scope falls back too", async () => {
    await madeAt(at({ hours: -8 }));
    const bad = await madeAt(at({ hours: -7 }));
    await verify(bad, "corrupt");
    for (const hours of [-3, -2, -1]) {
      const { backup_id: id, token } = await backups.start({ source: "etc" });
      await backups.fail(id, token, "broken");
      await backdate(session.client, { backup_id: id }, at({ hours }));
    }
    expect(await verdictOf(session.client)).toMatchObject({
      state: "ok",
      activity: "failing",
      last_success_at: at({ hours: -8 }),
    });
  });

  test("while a backup runs is that of the last good one", async () => {
    const bad = await madeAt(at({ hours: -2 }));
    await madeAt(at({ hours: -4 }));
    await verify(bad, "missing");
    await backups.start({ source: "etc" });
    expect(await verdictOf(session.client)).toMatchObject({
      state: "ok",
      activity: "running",
      last_success_at: at({ hours: -4 }),
    });
  });
});
