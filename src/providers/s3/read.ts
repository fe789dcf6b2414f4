import { Readable } from "node:stream";
import { GetObjectCommand, type GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { PlaceError, type ByteRange } from "../provider.ts";
import { ObjectBody } from "./object-body.ts";
import { lookAt, missing } from "./objects.ts";
import { attempt, type Store } from "./store.ts";
import { isNoSuchKey, statusOf } from "./trouble.ts";

/** @throws PlaceError of kind `missing` where there is no such object, or the range lies beyond it */
export async function readObject(store: Store, key: string, range?: ByteRange): Promise<Readable> {
  const what = `${store.name}/${key} could not be read`;
  if (range?.length === 0) return await readNothing(store, key, range.offset);
  const found = await attempt(store, what, (options) => ask(store, key, range, options));
  const body = found.Body as Readable;
  try {
    return new ObjectBody(body, lengthOf(found, range, what), store, what);
  } catch (error) {
    // It may be as long as the object is.
    body.on("error", () => undefined).destroy();
    throw error;
  }
}

async function ask(
  { client, bucket, root, name }: Store,
  key: string,
  range: ByteRange | undefined,
  options: { abortSignal: AbortSignal },
): Promise<GetObjectCommandOutput> {
  const input = { Bucket: bucket, Key: root + key };
  const { offset = 0, length = 0 } = range ?? {};
  const bytes = range === undefined ? {} : { Range: `bytes=${offset}-${offset + length - 1}` };
  try {
    return await client.send(new GetObjectCommand({ ...input, ...bytes }), options);
  } catch (error) {
    if (isNoSuchKey(error)) throw missing(`there is no "${key}" in ${name}`);
    if (statusOf(error) === 416) throw missing(`${name}/${key} ends before byte ${offset}`);
    throw error;
  }
}

/** How many bytes come, where they are what was asked for. */
function lengthOf(
  found: GetObjectCommandOutput,
  range: ByteRange | undefined,
  what: string,
): number {
  const { ContentLength: length } = found;
  if (length === undefined) throw new PlaceError("failed", `${what}: its length is not said`);
  if (range === undefined) return length;
  const said = partOf(found, length);
  const end = range.offset + range.length;
  if (said.total < end) throw missing(`${what}: it has only ${said.total} bytes`);
  if (said.first === range.offset && said.end === end && length === range.length) return length;
  throw new PlaceError("failed", `${what}: the service gives another part than was asked for`);
}

/** Where what comes lies in the object; the total is not a number where it is not said. */
function partOf(
  { ContentRange: content, $metadata: { httpStatusCode: status } }: GetObjectCommandOutput,
  length: number,
): { first: number; end: number; total: number } {
  if (status === 200) return { first: 0, end: length, total: length };
  const parts = /^bytes (?<first>\d+)-(?<last>\d+)\/(?<total>\d+|\*)$/.exec(content ?? "")?.groups;
  const [first, last, total] = [parts?.["first"], parts?.["last"], parts?.["total"]].map(Number);
  return { first: first ?? Number.NaN, end: (last ?? Number.NaN) + 1, total: total ?? Number.NaN };
}

async function readNothing(store: Store, key: string, offset: number): Promise<Readable> {
  const found = await lookAt(store, key);
  if (found === undefined) throw missing(`there is no "${key}" in ${store.name}`);
  if (offset > found.size) throw missing(`${store.name}/${key} has only ${found.size} bytes`);
  return Readable.from([], { objectMode: false });
}
