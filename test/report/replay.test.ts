import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { install } from "../../src/install.ts";
import type { ReportedEvent } from "../../src/report/event.ts";
import { replaySpool, type ReplayResult } from "../../src/report/replay.ts";
import { sendEvent } from "../../src/report/record-event.ts";
import { Spool } from "../../src/report/spool.ts";
import {
  administer,
  copyTemplate,
  createRole,
  dropRole,
  type TestDatabase,
} from "../support/database.ts";
import { type Env, event, forget, newEnv, recorded, spooled } from "./support.ts";

const target = "db.test:5432/app";
let database: TestDatabase;
let client: Client;

beforeAll(async () => {
  database = await copyTemplate();
  client = await database.connect();
});
beforeEach(() => forget(client));
afterAll(() => database.drop());

async function keep(
  env: ReturnType<typeof newEnv>,
  events: readonly ReportedEvent[],
  forTarget = target,
): Promise<void> {
  const spool = await Spool.create(env);
  for (const one of events) await spool.add({ event: one, target: forTarget });
}

function replay(env: Env, db: Client = client): Promise<ReplayResult | undefined> {
  return replaySpool(db, { env, target, onRemark: () => undefined });
}

describe("events that wait", () => {
  test("a hundred are sent in their order, each once", async () => {
    const env = newEnv();
    const events = Array.from({ length: 100 }, (_, place) => event({ message: `no. ${place}` }));
    await keep(env, events);
    expect(await replay(env)).toMatchObject({ sent: 100, waiting: 0 });
    expect(await replay(env)).toMatchObject({ sent: 0, waiting: 0 });
    const rows = await recorded(client);
    expect(rows.map(({ event_id }) => event_id)).toEqual(events.map(({ eventId }) => eventId));
    expect(rows.map(({ done_at }) => done_at.toISOString())).toEqual(
      events.map(({ doneAt }) => doneAt),
    );
  });

  test("an event that had arrived after all is not counted twice", async () => {
    const env = newEnv();
    const one = event();
    await sendEvent(client, one);
    await keep(env, [one]);
    expect(await replay(env)).toMatchObject({ sent: 1, waiting: 0 });
    expect(await recorded(client)).toHaveLength(1);
  });

  test("of two replays at once, one sends and the other does not wait", async () => {
    const env = newEnv();
    await keep(
      env,
      Array.from({ length: 50 }, () => event()),
    );
    const clients = await Promise.all([1, 2, 3].map(() => database.connect()));
    const results = await Promise.all(clients.map((db) => replay(env, db)));
    expect(results.filter((result) => result !== undefined)).toEqual([
      expect.objectContaining({ sent: 50 }),
    ]);
    expect(await recorded(client)).toHaveLength(50);
  });

  test("a replay that was killed does not block the next one", async () => {
    const env = newEnv();
    await keep(env, [event()]);
    // No process has that number: it is above the highest one possible.
    symlinkSync("4194305.1", join(env.LASTGOOD_STATE_DIR, "spool/lock"));
    expect(await replay(env)).toMatchObject({ sent: 1 });
  });

  test("one that is refused three times is set aside, and blocks no other", async () => {
    const env = newEnv();
    await keep(env, [{ ...event(), doneAt: "2026-02-30" }, event({ message: "good" })]);
    expect(await replay(env)).toMatchObject({ sent: 1, refused: 0, waiting: 1 });
    expect(await replay(env)).toMatchObject({ sent: 0, refused: 0, waiting: 1 });
    expect(await replay(env)).toMatchObject({ sent: 0, refused: 1, waiting: 0 });
    const refused = join(env.LASTGOOD_STATE_DIR, "spool/refused");
    expect(readdirSync(refused)).toEqual([
      expect.stringMatching(/\.event$/),
      expect.stringMatching(/\.reason$/),
    ]);
    const reason = readdirSync(refused).find((name) => name.endsWith(".reason"));
    expect(readFileSync(join(refused, String(reason)), "utf8")).toContain("2026-02-30");
    expect((await recorded(client)).map(({ message }) => message)).toEqual(["good"]);
  });

  test("a file that is no event is set aside", async () => {
    const env = newEnv();
    await keep(env, [event()]);
    writeFileSync(join(env.LASTGOOD_STATE_DIR, "spool/0.event"), "");
    expect(await replay(env)).toMatchObject({ sent: 1, refused: 1, waiting: 0 });
  });

  test("a server that only reads refuses nothing: all keep waiting", async () => {
    const env = newEnv();
    await keep(env, [event(), event()]);
    const reading = await database.connect();
    await reading.query("set default_transaction_read_only = on");
    for (let time = 0; time < 4; time += 1) {
      expect(await replay(env, reading)).toMatchObject({ sent: 0, refused: 0, waiting: 2 });
    }
    expect(await replay(env)).toMatchObject({ sent: 2, waiting: 0 });
  });

  test("a role that may do nothing else sends them", async () => {
    const role = await createRole();
    const other = await copyTemplate();
    try {
      const owner = await other.connect();
      await owner.query("select lastgood.grant_role($1, 'reporter')", [role.user]);
      const env = newEnv();
      await keep(env, [event()]);
      expect(await replay(env, await other.connect(role))).toMatchObject({ sent: 1 });
      expect(await recorded(owner)).toHaveLength(1);
    } finally {
      await other.drop();
      await dropRole(role);
    }
  });

  test("a missing right is no refusal either", async () => {
    const role = await createRole();
    try {
      const env = newEnv();
      await keep(env, [event()]);
      const stranger = await database.connect(role);
      for (let time = 0; time < 4; time += 1) {
        expect(await replay(env, stranger)).toMatchObject({ refused: 0, waiting: 1 });
      }
      await stranger.end();
    } finally {
      await dropRole(role);
    }
  });

  test("those for another database stay, unless they are asked for", async () => {
    const env = newEnv();
    await keep(env, [event()], "other.test:5432/app");
    expect(await replay(env)).toMatchObject({
      sent: 0,
      waiting: 1,
      otherTargets: ["other.test:5432/app"],
    });
    const options = { env, target, isForAny: true, onRemark: () => undefined };
    expect(await replaySpool(client, options)).toMatchObject({ sent: 1, waiting: 0 });
  });
});

describe("the folder", () => {
  test("is open to its owner alone", async () => {
    const env = newEnv();
    await keep(env, [event()]);
    const folder = join(env.LASTGOOD_STATE_DIR, "spool");
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, String(spooled(env)[0]))).mode & 0o777).toBe(0o600);
  });

  test.each([0o770, 0o702])("is not used when others may write to it (%o)", async (mode) => {
    const env = newEnv();
    await keep(env, [event()]);
    await chmod(join(env.LASTGOOD_STATE_DIR, "spool"), mode);
    await expect(Spool.create(env)).rejects.toThrow(/only its owner/);
    await expect(replay(env)).rejects.toThrow(/only its owner/);
    expect(await recorded(client)).toEqual([]);
  });

  test("is not made by looking for events", async () => {
    const env = newEnv();
    expect(await replay(env)).toMatchObject({ sent: 0, waiting: 0 });
    expect(existsSync(env.LASTGOOD_STATE_DIR)).toBe(false);
  });
});

test("a database that lacks a character gets ? for it", async () => {
  const name = `lastgood_latin1_${process.pid}`;
  await administer(
    `create database ${name} template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'`,
  );
  const { Client } = await import("pg");
  const latin = new Client({ connectionString: database.url.replace(database.name, name) });
  try {
    await latin.connect();
    await install(latin);
    expect(await sendEvent(latin, event({ message: "5 € für" }))).toMatchObject({
      kind: "recorded",
    });
    expect((await recorded(latin)).map(({ message }) => message)).toEqual(["5 ? f?r"]);
  } finally {
    await latin.end();
    await administer(`drop database if exists ${name} with (force)`);
  }
});
