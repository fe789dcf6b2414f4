import { z } from "zod";
import { isKey } from "../key.ts";
import { numberSetting, pathSetting } from "../setting-schemas.ts";
import { secretSetting } from "../../secret-setting.ts";

const gibi = 1024 ** 3;

/** Settings of the type `swift`; docs/providers.md says what each does. */
export interface SwiftSettings {
  readonly auth_url: string;
  readonly auth_version?: "1" | "3" | undefined;
  readonly user?: string | undefined;
  readonly key: string;
  readonly container: string;
  readonly prefix?: string | undefined;
  readonly project?: string | undefined;
  readonly user_domain?: string | undefined;
  readonly project_domain?: string | undefined;
  readonly region?: string | undefined;
  readonly application_credential_id?: string | undefined;
  readonly ca_file?: string | undefined;
  readonly segment_size: number;
  readonly timeout: number;
  readonly attempts: number;
}

const ofKeystone = [
  "project",
  "user_domain",
  "project_domain",
  "region",
  "application_credential_id",
] as const;

const text = (): z.ZodType<string> => z.string().min(1, "must not be empty");

export const swiftSettings: z.ZodType<SwiftSettings> = z
  .strictObject({
    auth_url: text().describe("where tokens come from, such as https://cloud.example:5000/v3"),
    auth_version: z
      .enum(["1", "3"], "must be 1 or 3")
      .optional()
      .describe("1 or 3 (Keystone); else by the end of auth_url"),
    user: text().optional().describe("account:user, or the name of a user of Keystone"),
    key: secretSetting().describe("the key or password, secret:NAME"),
    container: text().describe("keeps the backups; made if it is not there"),
    prefix: z
      .string()
      .refine(isKey, "must be letters, digits, dots, dashes and slashes")
      .optional()
      .describe("what the names of all objects begin with, without the slash at its end"),
    project: text().optional().describe("of Keystone"),
    user_domain: text().optional().describe("of Keystone, Default if left out"),
    project_domain: text().optional().describe("of Keystone, Default if left out"),
    region: text().optional().describe("of Keystone's catalogue, the first if left out"),
    application_credential_id: text().optional().describe("of Keystone, in place of user"),
    ca_file: pathSetting().optional().describe("certificates to trust besides the usual ones"),
    segment_size: numberSetting(1)
      .refine((size) => size <= 5 * gibi, "must be 5368709120 or less")
      .default(gibi)
      .describe("bytes of a part of a large object"),
    timeout: numberSetting(1).default(60).describe("seconds without a byte"),
    attempts: numberSetting(1).default(6).describe("how often a request is tried"),
  })
  .superRefine((given, context) => {
    for (const [key, message] of defectsOf(given)) {
      context.addIssue({ code: "custom", path: [key], message });
    }
  });

/** Which of the two ways to get a token is meant. */
export function isKeystone({
  auth_url,
  auth_version,
}: Pick<SwiftSettings, "auth_url" | "auth_version">): boolean {
  return auth_version === undefined ? /\/v3\/?$/.test(auth_url) : auth_version === "3";
}

type Defect = readonly [keyof SwiftSettings, string];

function defectsOf(given: SwiftSettings): readonly Defect[] {
  const defects: Defect[] = [];
  if (!isAddress(given.auth_url)) {
    defects.push(["auth_url", "must be a URL of http or https, without user, query or fragment"]);
  }
  if (/[/\0]/.test(given.container) || Buffer.byteLength(given.container) > 256) {
    defects.push(["container", "must be up to 256 bytes without a slash"]);
  }
  return [...defects, ...(isKeystone(given) ? keystoneDefects(given) : v1Defects(given))];
}

function v1Defects(given: SwiftSettings): readonly Defect[] {
  const user: Defect[] = given.user === undefined ? [["user", "is missing"]] : [];
  const other = ofKeystone.filter((key) => given[key] !== undefined);
  return [...user, ...other.map((key): Defect => [key, "is of auth_version 3 alone"])];
}

function keystoneDefects(given: SwiftSettings): readonly Defect[] {
  if (given.application_credential_id === undefined) {
    const needed = (["user", "project"] as const).filter((key) => given[key] === undefined);
    return needed.map((key): Defect => [key, "is missing"]);
  }
  const other = (["user", "project", "user_domain", "project_domain"] as const).filter(
    (key) => given[key] !== undefined,
  );
  return other.map((key): Defect => [key, "says what application_credential_id says already"]);
}

function isAddress(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, username, password, search, hash } = new URL(address);
  return /^https?:$/.test(protocol) && username + password + search + hash === "";
}
