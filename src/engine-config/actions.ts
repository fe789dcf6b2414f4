import { ConfigValues } from "../admin/config-values.ts";
import { unknownKeyHint } from "../cli/unknown-key.ts";
import { BackupConfigDao, type BackupConfig } from "../dao/backup-config.ts";
import type { Queryable } from "../dao/queryable.ts";
import { isDatabaseError, NotFoundError, UsageError } from "../errors.ts";
import { type Io, print, remark } from "../io.ts";
import type { Action, Request } from "./grammar.ts";

/** The one version that a value of lastgood has. */
const general = "general";

interface Context {
  readonly io: Io;
  readonly db: Queryable;
  readonly request: Request;
}

const performers: Readonly<Record<Action, (context: Context) => Promise<void>>> = {
  async list({ io, db }) {
    for (const key of await new BackupConfigDao(db).getKeys()) {
      print(io, describe(key));
    }
  },
  async all({ io, db }) {
    for (const key of await new BackupConfigDao(db).getKeys()) {
      print(io, withVersion(key));
    }
  },
  async get({ io, db, request: { key: name = "", version } }) {
    const [key] = await new BackupConfigDao(db).getKeys(name);
    if (version !== undefined) {
      if (!key || version !== general) {
        throw new NotFoundError(
          `Error fetching ${name} value: no such entry with version '${version}'.`,
        );
      }
      print(io, key.value);
      return;
    }
    print(io, withVersion(key ?? (await throwUnknownKey(db, name))));
  },
  async set({ db, request }) {
    requireGeneral(request);
    const { key = "", value = "" } = request;
    await translated(db, request, () => new ConfigValues(db).set(key, value));
  },
  async merge({ io, db, request }) {
    requireGeneral(request);
    const { key = "", value = "" } = request;
    const [before] = await new BackupConfigDao(db).getKeys(key);
    const after = await translated(db, request, () => new ConfigValues(db).merge(key, value));
    if (after === before?.value) {
      remark(io, "Merge operation cancelled as value is unchanged.");
    }
  },
  async diff({ io, db }) {
    for (const key of await new BackupConfigDao(db).getKeys()) {
      if (!key.is_default) {
        print(io, `Name: ${key.name}\nVersion: ${general}`);
        print(io, `Current: ${key.value}\nDefault: ${key.default_value}\n`);
      }
    }
  },
  async help({ io, db, request: { key: name = "" } }) {
    const [key] = await new BackupConfigDao(db).getKeys(name);
    if (!key) {
      throw new NotFoundError(`Cannot display help for key ${name}. The key does not exist.`, {
        hint: await unknownKeyHint(db, name, "engine-config -l"),
      });
    }
    print(io, describe(key));
    if (key.valid_values !== null) {
      print(io, `Valid values: ${listOf(key.valid_values)}`);
    }
    print(io, `Default: ${key.default_value}`);
    print(io, `Usage: engine-config -s ${key.name}=VALUE`);
  },
};

/** Does what was asked for; what it throws carries the texts of the real tool. */
export async function perform(io: Io, db: Queryable, request: Request): Promise<void> {
  await performers[request.action]({ io, db, request });
}

function describe(key: BackupConfig): string {
  return `${key.name}: ${key.description} (Value Type: ${key.type})`;
}

function withVersion(key: BackupConfig): string {
  return `${key.name}: ${key.value} version: ${general}`;
}

function listOf(validValues: string): string {
  return `[${validValues.split(",").join(", ")}]`;
}

function requireGeneral({ key, version }: Request): void {
  if (version !== undefined && version !== general) {
    throw new NotFoundError(`Error setting ${key}'s value. No such entry with version ${version}.`);
  }
}

/** The rules are those of the database; only its answers are put into other words. */
async function translated<T>(db: Queryable, request: Request, work: () => Promise<T>): Promise<T> {
  const { key = "", value = "" } = request;
  try {
    return await work();
  } catch (error) {
    if (!isDatabaseError(error)) {
      throw error;
    }
    switch (error.code) {
      case "LG001":
        return await throwUnknownKey(db, key, error);
      case "LG002":
        throw new UsageError(
          `Cannot set value ${value} to key ${key}. ${await validValuesOf(db, key)}`,
          { cause: error, ...(error.hint ? { hint: error.hint } : {}) },
        );
      case "LG011":
        throw new UsageError(`${key} does not support merge of values.`, { cause: error });
      default:
        throw error;
    }
  }
}

/** As in the real tool: numbers have none in their message, the hint names them. */
async function validValuesOf(db: Queryable, name: string): Promise<string> {
  const [key] = await new BackupConfigDao(db).getKeys(name);
  return key && key.type !== "Integer" && key.valid_values !== null
    ? `Valid values are ${listOf(key.valid_values)}`
    : "";
}

async function throwUnknownKey(db: Queryable, name: string, cause?: unknown): Promise<never> {
  const hint = await unknownKeyHint(db, name, "engine-config -l");
  throw new NotFoundError(
    `Error fetching ${name} value: no such entry. Please verify key name and property file support.`,
    { hint, cause },
  );
}
