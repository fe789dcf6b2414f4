import { createHash } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { abortable } from "../abortable.ts";
import { PlaceError } from "../provider.ts";
import { checkEtag, lookAt, putBytes } from "./objects.ts";
import { inParts, mostParts } from "./parts.ts";
import { attempt, type Store } from "./store.ts";

/** How many parts are on their way at once, while the next one is gathered. */
const atOnce = 3;
/** How long cleaning up may keep somebody who has given up already. */
const cleaningMs = 10_000;

interface Upload {
  readonly store: Store;
  readonly key: string;
  readonly id: string;
  readonly what: string;
}

interface SentPart {
  readonly number: number;
  readonly etag: string | undefined;
  readonly md5: Buffer;
}

type Parts = ReturnType<typeof inParts>;
type Part = Awaited<ReturnType<Parts["next"]>>;

/** Stores an object, in parts where it is large: whole when this resolves, else nothing of it is left. */
export async function putBody(
  store: Store,
  key: string,
  body: AsyncIterable<Uint8Array>,
): Promise<void> {
  const failure = new AbortController();
  const signal = AbortSignal.any([store.signal, failure.signal]);
  const spare: Buffer[] = [];
  const parts = inParts(abortable(body, signal), store.partSize, spare);
  try {
    const first = await parts.next();
    if (first.done === true || !first.value.isFull) {
      await putBytes(store, key, first.value?.bytes ?? Buffer.alloc(0));
      return;
    }
    const upload = await begin(store, key);
    try {
      await complete(upload, await sendParts({ ...upload, failure, spare, signal }, first, parts));
    } catch (error) {
      await abandon(upload);
      throw error;
    }
  } finally {
    await parts.return(undefined);
  }
}

async function begin(store: Store, key: string): Promise<Upload> {
  const what = `${store.name}/${key} could not be written`;
  const input = { Bucket: store.bucket, Key: store.root + key, ...store.extras };
  const { UploadId: id } = await attempt(store, what, (options) =>
    store.client.send(new CreateMultipartUploadCommand(input), options),
  );
  if (id === undefined) throw new PlaceError("failed", `${what}: the service began no upload`);
  return { store, key, id, what };
}

interface Sending extends Upload {
  readonly spare: Buffer[];
  /** Ends everything when one part fails: the gathering of the next one, and the others. */
  readonly failure: AbortController;
  readonly signal: AbortSignal;
}

async function sendParts(sending: Sending, first: Part, rest: Parts): Promise<SentPart[]> {
  const { failure, signal, spare } = sending;
  const sent: SentPart[] = [];
  const running = new Set<Promise<void>>();
  const start = (bytes: Buffer, number: number): void => {
    const one = sendPart(sending, bytes, number)
      .then((part) => {
        sent.push(part);
        spare.push(bytes);
      })
      .catch((error: unknown) => failure.abort(error))
      .finally(() => running.delete(one));
    running.add(one);
  };
  try {
    let part = first;
    for (let number = 1; part.done !== true; number += 1) {
      start(part.value.bytes, number);
      while (running.size >= atOnce) await Promise.race(running);
      signal.throwIfAborted();
      part = await rest.next();
    }
    await Promise.all(running);
    signal.throwIfAborted();
  } catch (error) {
    failure.abort(error);
    // A part that comes after the upload was given up would stay.
    await Promise.all(running);
    throw error;
  }
  return sent.toSorted((a, b) => a.number - b.number);
}

async function sendPart(
  { store, key, id, what, signal }: Sending,
  bytes: Buffer,
  number: number,
): Promise<SentPart> {
  if (number > mostParts) {
    throw new PlaceError("full", `${what}: it has more than ${mostParts} parts`);
  }
  const md5 = createHash("md5").update(bytes).digest();
  const command = new UploadPartCommand({
    Bucket: store.bucket,
    Key: store.root + key,
    UploadId: id,
    PartNumber: number,
    Body: bytes,
    ContentMD5: md5.toString("base64"),
  });
  const stored = await attempt({ ...store, signal }, what, (options) =>
    store.client.send(command, options),
  );
  checkEtag(stored, md5.toString("hex"), what);
  return { number, etag: stored.ETag, md5 };
}

async function complete(
  { store, key, id, what }: Upload,
  sent: readonly SentPart[],
): Promise<void> {
  const parts = sent.map(({ number, etag }) => ({ PartNumber: number, ETag: etag }));
  const command = new CompleteMultipartUploadCommand({
    Bucket: store.bucket,
    Key: store.root + key,
    UploadId: id,
    MultipartUpload: { Parts: parts },
  });
  try {
    await attempt(store, what, (options) => store.client.send(command, options));
  } catch (error) {
    // It may have been done and the answer lost; who asks again hears that there is no such upload.
    if (store.signal.aborted || !(await isWhole(store, key, sent))) throw error;
  }
}

/** Whether the object consists of these parts; unsure is no. */
async function isWhole(store: Store, key: string, sent: readonly SentPart[]): Promise<boolean> {
  const hash = createHash("md5");
  for (const { md5 } of sent) hash.update(md5);
  const found = await lookAt(store, key).catch(() => undefined);
  return found?.etag?.replaceAll('"', "") === `${hash.digest("hex")}-${sent.length}`;
}

/** Removes what was sent; what cannot be removed now is found by removePartial. */
async function abandon({ store, key, id, what }: Upload): Promise<void> {
  const input = { Bucket: store.bucket, Key: store.root + key, UploadId: id };
  const own = { ...store, signal: AbortSignal.timeout(cleaningMs) };
  const cleaning = attempt(own, what, (options) =>
    store.client.send(new AbortMultipartUploadCommand(input), options),
  );
  await cleaning.catch(() => undefined);
}
