import { z } from "zod";
import { secretSetting } from "../secret-setting.ts";
import { isKey } from "./key.ts";
import type { Capabilities, ProviderType } from "./provider.ts";
import { booleanSetting, numberSetting, pathSetting } from "./setting-schemas.ts";

const capabilities: Capabilities = { keeps: "any", layouts: ["pack"] };

const mega = 1024 * 1024;

/** Settings of the type `s3`; docs/providers.md says what each does. */
export interface S3Settings {
  readonly endpoint?: string | undefined;
  readonly bucket: string;
  readonly prefix: string;
  readonly access_key?: string | undefined;
  readonly secret_key?: string | undefined;
  readonly session_token?: string | undefined;
  readonly credentials: "given" | "environment";
  readonly region: string;
  readonly path_style?: boolean | undefined;
  readonly ca_file?: string | undefined;
  readonly part_size: number;
  readonly storage_class?: string | undefined;
  readonly sse?: "AES256" | "aws:kms" | undefined;
  readonly timeout: number;
  readonly attempts: number;
}

const settings: z.ZodType<S3Settings> = z
  .strictObject({
    endpoint: z
      .string()
      .refine(isEndpoint, "must be a URL such as https://s3.example.com, with nothing secret in it")
      .optional()
      .describe("the URL of the service; AWS without it"),
    bucket: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{2,254}$/, "must be the name of a bucket")
      .describe("the bucket"),
    prefix: z
      .string()
      .transform((text) => text.replace(/\/$/, ""))
      .refine((text) => text === "" || isKey(text), "must be a path such as team/shop")
      .default("")
      .describe("what keys start with, for a part of a bucket"),
    access_key: secretSetting().optional().describe("the access key, needed as the secret key is"),
    secret_key: secretSetting().optional().describe("the secret key"),
    session_token: secretSetting().optional().describe("of temporary keys"),
    credentials: z
      .enum(["given", "environment"])
      .default("given")
      .describe("environment takes the keys that AWS tools find, in place of given ones"),
    region: z
      .string()
      .regex(/^[A-Za-z0-9-]+$/, "must be the name of a region")
      .default("us-east-1")
      .describe("the region, us-east-1 by default"),
    path_style: booleanSetting()
      .optional()
      .describe(
        "whether the bucket stands in the path; true by default where there is an endpoint",
      ),
    ca_file: pathSetting().optional().describe("a file of certificates to trust"),
    part_size: numberSetting(5 * mega)
      .default(8 * mega)
      .describe("bytes of a part of a large object"),
    storage_class: z
      .string()
      .regex(/^[A-Z0-9_]+$/, "must be a storage class such as STANDARD_IA")
      .optional()
      .describe("a storage class that can be read at once"),
    sse: z.enum(["AES256", "aws:kms"]).optional().describe("encryption by the service"),
    timeout: numberSetting(1).default(60).describe("seconds of silence that end a request"),
    attempts: numberSetting(1).default(6).describe("how often a request is tried"),
  })
  .superRefine((given, context) => {
    const names = ["access_key", "secret_key", "session_token"] as const;
    const isGiven = given.credentials === "given";
    for (const name of isGiven ? names.slice(0, 2) : []) {
      if (given[name] !== undefined) continue;
      const message = "is needed unless credentials is environment";
      context.addIssue({ code: "custom", path: [], message: `setting "${name}" ${message}` });
    }
    for (const name of isGiven ? [] : names) {
      if (given[name] === undefined) continue;
      const message = "cannot be given where credentials is environment";
      context.addIssue({ code: "custom", path: [name], message });
    }
  });

/** A bucket of AWS or of any service that speaks S3. Its library is loaded when it is needed. */
export const s3: ProviderType<S3Settings> = {
  type: "s3",
  summary: "a bucket of AWS, or of any service that speaks S3",
  settings,
  capabilities,
  async initialise(given, ownership, context) {
    const { withStore, initialisePlace } = await import("./s3/place.ts");
    await withStore(given, context, (store) => initialisePlace(store, ownership));
  },
  async owner(given, context) {
    const { withStore, ownerOfPlace } = await import("./s3/place.ts");
    return await withStore(given, context, ownerOfPlace);
  },
  async takeOver(given, from, to, context) {
    const { withStore, takeOverPlace } = await import("./s3/place.ts");
    await withStore(given, context, (store) => takeOverPlace(store, from, to));
  },
  async open(given, ownership, context) {
    const { openPlace } = await import("./s3/place.ts");
    return await openPlace(given, ownership, capabilities, context);
  },
};

function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const rest = url.username + url.password + url.search + url.hash;
  return ["http:", "https:"].includes(url.protocol) && rest === "";
}
