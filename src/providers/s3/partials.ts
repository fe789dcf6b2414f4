import { AbortMultipartUploadCommand, ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import type { ListMultipartUploadsCommandOutput } from "@aws-sdk/client-s3";
import { isKey } from "../key.ts";
import { PlaceError } from "../provider.ts";
import { attempt, type Store } from "./store.ts";
import { isNoSuchUpload } from "./trouble.ts";

interface Unfinished {
  readonly Key: string;
  readonly UploadId: string;
}

/** After what the next page begins. */
interface PageStart {
  readonly KeyMarker?: string;
  readonly UploadIdMarker?: string;
}

/** Gives up every upload of keys that start so, with all of its parts; returns how many. */
export async function removePartials(store: Store, prefix: string): Promise<number> {
  // All are known before the first goes: pages could shift.
  const uploads: Unfinished[] = [];
  for await (const upload of listUploads(store, prefix)) uploads.push(upload);
  for (const upload of uploads) await abandon(store, upload);
  return uploads.length;
}

async function* listUploads(store: Store, prefix: string): AsyncGenerator<Unfinished> {
  const what = `interrupted uploads to ${store.name} could not be listed`;
  const input = { Bucket: store.bucket, Prefix: store.root + prefix };
  let after: PageStart | undefined = {};
  while (after !== undefined) {
    const command = new ListMultipartUploadsCommand({ ...input, ...after });
    const page: ListMultipartUploadsCommandOutput = await attempt(store, what, (options) =>
      store.client.send(command, options),
    );
    for (const { Key = "", UploadId = "" } of page.Uploads ?? []) {
      if (isKey(Key.slice(store.root.length))) yield { Key, UploadId };
    }
    after = nextPage(page, after, what);
  }
}

/** Undefined after the last page. */
function nextPage(
  {
    IsTruncated: isCut,
    NextKeyMarker: key,
    NextUploadIdMarker: id,
  }: ListMultipartUploadsCommandOutput,
  { KeyMarker: lastKey, UploadIdMarker: lastId }: PageStart,
  what: string,
): PageStart | undefined {
  if (isCut !== true) return undefined;
  if (key === undefined || (key === lastKey && id === lastId)) {
    throw new PlaceError("failed", `${what}: the service does not say how to go on`);
  }
  return { KeyMarker: key, ...(id === undefined ? {} : { UploadIdMarker: id }) };
}

async function abandon(store: Store, upload: Unfinished): Promise<void> {
  const what = `an interrupted upload of ${store.name}/${upload.Key} could not be removed`;
  const command = new AbortMultipartUploadCommand({ Bucket: store.bucket, ...upload });
  await attempt(store, what, async (options) => {
    try {
      await store.client.send(command, options);
    } catch (error) {
      if (!isNoSuchUpload(error)) throw error;
    }
  });
}
