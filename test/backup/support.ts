import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { lastgood, type Outcome } from "../support/cli.ts";
import { copyTemplate, type TestDatabase } from "../support/database.ts";
import { temporaryFolder } from "../support/folder.ts";

/** A catalogue and a folder of one's own, and `lastgood` as people call it. */
export interface Place {
  readonly database: TestDatabase;
  readonly folder: string;
  readonly env: Record<string, string>;
  /** Runs `lastgood` in this process. */
  run(...args: Arguments): Promise<Outcome>;
  /** As {@link run}, for what must succeed; what it printed, without the last line feed. */
  ok(...args: Arguments): Promise<string>;
  /** As {@link ok}, with `--json`. */
  json<T>(...args: Arguments): Promise<T>;
}

/** Arguments, those that belong together as a list. */
type Arguments = readonly (string | readonly string[])[];

/**
 * Call it once at the top of a file; each test has a new folder.
 *
 * @param makeDatabase where the tests do to it what others must not feel
 */
export function usePlace(makeDatabase: () => Promise<TestDatabase> = copyTemplate): Place {
  const place: { database?: TestDatabase; folder?: string; env?: Record<string, string> } = {};
  beforeAll(async () => {
    place.database = await makeDatabase();
  });
  beforeEach(async () => {
    place.folder = await temporaryFolder();
    const scratch = join(place.folder, "scratch");
    await mkdir(scratch);
    place.env = {
      PATH: process.env["PATH"] ?? "",
      DATABASE_URL: place.database?.url ?? "",
      LASTGOOD_DEBUG: "1",
      TMPDIR: scratch,
    };
  });
  afterAll(async () => place.database?.drop());
  const run = async (...args: Arguments): Promise<Outcome> =>
    lastgood(place.env ?? {}, ...args.flat());
  const ok = async (...args: Arguments): Promise<string> => {
    const { status, output, errors } = await run(...args);
    if (status !== 0) throw new Error(`lastgood ${args.join(" ")}: ${status}\n${output}${errors}`);
    return output.trimEnd();
  };
  return Object.assign(place, {
    run,
    ok,
    json: async <T>(...args: Arguments): Promise<T> => JSON.parse(await ok(...args, "--json")) as T,
  }) as Place;
}

/** A new local-fs provider under this name, in the test's folder. */
export async function addVault(place: Place, name: string, ...options: string[]): Promise<string> {
  const path = join(place.folder, name);
  await place.ok(["provider", "add", name, "--type", "local-fs", "--set", `path=${path}`], options);
  return path;
}

/** A new source of files under this name; the folder must exist. */
export async function addFiles(place: Place, name: string, path: string): Promise<void> {
  await place.ok(
    ["source", "add", name, "--type", "files", "--system", `${name}.example`],
    ["--scope", "files", "--set", `path=${path}`],
  );
}
