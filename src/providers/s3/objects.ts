import { createHash } from "node:crypto";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import type { ListObjectsV2CommandOutput, PutObjectCommandOutput } from "@aws-sdk/client-s3";
import { PlaceError } from "../provider.ts";
import { attempt, type Store } from "./store.ts";
import { isNoSuchKey } from "./trouble.ts";

export interface FoundObject {
  readonly key: string;
  readonly size: number;
  /** By the clock of the service, in whole seconds. */
  readonly modified: Date | undefined;
}

export function missing(message: string): PlaceError {
  return new PlaceError("missing", message);
}

/** The objects of a store whose keys start so, without what all its keys start with. */
export async function* listObjects(store: Store, prefix: string): AsyncGenerator<FoundObject> {
  const what = `${store.name} could not be listed`;
  const input = { Bucket: store.bucket, Prefix: store.root + prefix };
  let token: string | undefined;
  do {
    const page = { ...input, ...(token === undefined ? {} : { ContinuationToken: token }) };
    const found: ListObjectsV2CommandOutput = await attempt(store, what, (options) =>
      store.client.send(new ListObjectsV2Command(page), options),
    );
    for (const { Key: key = "", Size: size = 0, LastModified: modified } of found.Contents ?? []) {
      yield { key: key.slice(store.root.length), size, modified };
    }
    token = found.IsTruncated === true ? found.NextContinuationToken : undefined;
    // Half a listing would make backups look lost.
    if (found.IsTruncated === true && token === undefined) {
      throw new PlaceError("failed", `${what}: the service does not say how to go on`);
    }
  } while (token !== undefined);
}

/** A small object as a text; undefined where there is none. */
export async function readText(store: Store, key: string): Promise<string | undefined> {
  try {
    return await attempt(store, `${store.name}/${key} could not be read`, async (options) => {
      const command = new GetObjectCommand({ Bucket: store.bucket, Key: store.root + key });
      const { Body: body } = await store.client.send(command, options).catch(noneIfAbsent);
      return await body?.transformToString();
    });
  } catch (error) {
    if (error instanceof PlaceError && error.trouble === "missing") return undefined;
    throw error;
  }
}

/** The size of an object, and its ETag; undefined where there is none. */
export async function lookAt(
  store: Store,
  key: string,
): Promise<{ size: number; etag: string | undefined } | undefined> {
  try {
    const found = await attempt(store, `${store.name}/${key} could not be looked at`, (options) =>
      store.client
        .send(new HeadObjectCommand({ Bucket: store.bucket, Key: store.root + key }), options)
        .catch(noneIfAbsent),
    );
    return { size: found.ContentLength ?? 0, etag: found.ETag };
  } catch (error) {
    if (error instanceof PlaceError && error.trouble === "missing") return undefined;
    throw error;
  }
}

/**
 * Stores a small object by one request. Where the service has something else than what was sent the
 * object is removed.
 */
export async function putBytes(store: Store, key: string, bytes: Uint8Array): Promise<void> {
  const what = `${store.name}/${key} could not be written`;
  const md5 = createHash("md5").update(bytes).digest();
  const command = new PutObjectCommand({
    Bucket: store.bucket,
    Key: store.root + key,
    Body: bytes,
    ContentMD5: md5.toString("base64"),
    ...store.extras,
  });
  const stored = await attempt(store, what, (options) => store.client.send(command, options));
  try {
    checkEtag(stored, md5.toString("hex"), what);
  } catch (error) {
    await deleteObject(store, key).catch(() => undefined);
    throw error;
  }
}

/** Removes an object; one that is not there is no error. */
export async function deleteObject(store: Store, key: string): Promise<void> {
  const command = new DeleteObjectCommand({ Bucket: store.bucket, Key: store.root + key });
  await attempt(store, `${store.name}/${key} could not be deleted`, async (options) => {
    try {
      await store.client.send(command, options);
    } catch (error) {
      if (!isNoSuchKey(error)) throw error;
    }
  });
}

/**
 * Compares what the service says of content with what was sent, where it says that by MD5. With keys
 * of KMS and with some services it is something else; Content-MD5, which it checks, has to do there.
 */
export function checkEtag(
  {
    ETag: etag = "",
    ServerSideEncryption: sse,
  }: Pick<PutObjectCommandOutput, "ETag" | "ServerSideEncryption">,
  md5: string,
  what: string,
): void {
  const found = /^"?(?<md5>[0-9a-f]{32})"?$/i.exec(etag)?.groups?.["md5"]?.toLowerCase();
  if (found === undefined || found === md5 || sse?.startsWith("aws:kms") === true) return;
  throw new PlaceError("failed", `${what}: the service got ${found} where ${md5} was sent`, {
    hint: "What arrived is not what was sent; something on the way changes it. Nothing of it was kept.",
  });
}

function noneIfAbsent(error: unknown): never {
  throw isNoSuchKey(error) ? missing("there is no such object") : error;
}
