import { z } from "zod";
import { urlSetting } from "../../postgresql/url-setting.ts";

/** A list with commas between its entries; a comma in double quotes belongs to an entry. */
export function splitList(text: string): readonly string[] {
  return [...text.matchAll(/(?:"(?:[^"]|"")*"|[^,"])+/g)]
    .map(([entry]) => entry.trim())
    .filter((entry) => entry !== "");
}

/** A setting comes from `--set key=value` as text. */
const yesOrNo = z
  .union([z.boolean(), z.enum(["true", "false", "on", "off", "yes", "no"])])
  .transform((value) => (typeof value === "boolean" ? value : /^(?:true|on|yes)$/.test(value)));

const list = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => (typeof value === "string" ? splitList(value) : value));

/** Names as they are, or in double quotes as SQL has them. */
const names = list.transform((entries) =>
  entries.map((name) => (/^".*"$/s.test(name) ? name.slice(1, -1).replaceAll('""', '"') : name)),
);

/** What a source of type `postgresql` is told. */
export interface PostgresqlSettings {
  readonly url: string;
  /** Undefined is the URL's own; `*` are all that take connections. */
  readonly databases?: readonly string[] | undefined;
  readonly exclude_tables: readonly string[];
  readonly jobs: number;
  readonly globals: boolean;
  /** A folder with room for what is dumped and not stored yet. */
  readonly staging?: string | undefined;
  /** As PostgreSQL reads lengths of time. */
  readonly lock_timeout: string;
}

export const postgresqlSettings: z.ZodType<PostgresqlSettings> = z.strictObject({
  url: urlSetting(),
  databases: names.optional(),
  exclude_tables: list.default([]),
  jobs: z.coerce.number().int().min(1).max(64).default(2),
  globals: yesOrNo.default(true),
  staging: z.string().startsWith("/", { error: "must be an absolute path" }).optional(),
  lock_timeout: z
    .string()
    .regex(/^\d+ *(?:ms|s|min|h)?$/, { error: "must be a length of time such as 30s" })
    .default("30s"),
});
