import { readFile } from "node:fs/promises";
import { S3Client } from "@aws-sdk/client-s3";
import type { PutObjectCommandInput, S3ClientConfig } from "@aws-sdk/client-s3";
import { messageOf, UsageError } from "../../errors.ts";
import { resolveSecret } from "../../secrets.ts";
import type { Env } from "../../server/run.ts";
import { orAbort } from "../abortable.ts";
import type { ProviderContext } from "../provider.ts";
import type { S3Settings } from "../s3.ts";
import { makeAgents } from "./agents.ts";
import { placeError } from "./trouble.ts";

/** A part of a bucket, and how to reach it. */
export interface Store {
  readonly client: S3Client;
  readonly bucket: string;
  readonly region: string;
  /** What the key of every object starts with: empty, or with a slash at its end. */
  readonly root: string;
  /** As people know it. */
  readonly name: string;
  readonly partSize: number;
  /** What new objects are given. */
  readonly extras: Pick<PutObjectCommandInput, "StorageClass" | "ServerSideEncryption">;
  readonly silenceMs: number;
  readonly signal: AbortSignal;
  /** What no message may have in it. */
  readonly secrets: readonly string[];
}

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** A client that knows what it was given and nothing else; whoever asks destroys it. */
export async function makeStore(given: S3Settings, context: ProviderContext): Promise<Store> {
  const { bucket, region, prefix, storage_class: storageClass, sse } = given;
  const keys = await findKeys(given, context.env);
  const silenceMs = given.timeout * 1000;
  const config: S3ClientConfig = {
    region,
    forcePathStyle: given.path_style ?? given.endpoint !== undefined,
    maxAttempts: given.attempts,
    retryMode: "standard",
    // Other services refuse the checksums that are on by default; Content-MD5 they all know.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: makeAgents(silenceMs, await readCertificates(given.ca_file)),
    // Else variables and files of this machine could send backups elsewhere.
    ignoreConfiguredEndpointUrls: true,
    useArnRegion: false,
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    ...(given.endpoint === undefined ? {} : { endpoint: given.endpoint }),
    ...(keys === undefined ? {} : { credentials: keys }),
  };
  return {
    client: new S3Client(config),
    bucket,
    region,
    root: prefix === "" ? "" : `${prefix}/`,
    name: `s3://${bucket}${prefix === "" ? "" : `/${prefix}`}`,
    partSize: given.part_size,
    extras: {
      ...(storageClass === undefined ? {} : { StorageClass: storageClass as "STANDARD" }),
      ...(sse === undefined ? {} : { ServerSideEncryption: sse }),
    },
    silenceMs,
    signal: context.signal,
    secrets: Object.values(keys ?? {}),
  };
}

/** Asks the service; its errors say what was tried. The reason of the signal comes through as it is. */
export async function attempt<T>(
  { signal, secrets }: Pick<Store, "signal" | "secrets">,
  what: string,
  ask: (options: { abortSignal: AbortSignal }) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  try {
    return await orAbort(ask({ abortSignal: signal }), signal);
  } catch (error) {
    signal.throwIfAborted();
    throw placeError(error, what, secrets);
  }
}

/** Undefined where those of the environment are asked for. */
async function findKeys(given: S3Settings, env: Env): Promise<Keys | undefined> {
  const { access_key: access, secret_key: secret, session_token: token } = given;
  if (given.credentials === "environment" || access === undefined || secret === undefined) return;
  return {
    accessKeyId: await resolveSecret(access, env),
    secretAccessKey: await resolveSecret(secret, env),
    ...(token === undefined ? {} : { sessionToken: await resolveSecret(token, env) }),
  };
}

async function readCertificates(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new UsageError(`the certificates in ${path} cannot be read: ${messageOf(cause)}`, {
      cause,
      hint: "The setting ca_file names a file of certificates in PEM form.",
    });
  }
}
