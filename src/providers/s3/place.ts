import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { isSameOwner, markerName, markerText } from "../marker.ts";
import { PlaceError } from "../provider.ts";
import type { Capabilities, Ownership, Provider, ProviderContext } from "../provider.ts";
import type { S3Settings } from "../s3.ts";
import { hiddenFolder, underClaim } from "./claim.ts";
import { checkMarker, isMarked, readMarker } from "./marker.ts";
import { listObjects, putBytes } from "./objects.ts";
import { S3Provider } from "./s3-provider.ts";
import { attempt, makeStore, type Store } from "./store.ts";
import { isCausedBy } from "./trouble.ts";

/** Does something with a store that is closed afterwards. */
export async function withStore<T>(
  given: S3Settings,
  context: ProviderContext,
  act: (store: Store) => Promise<T>,
): Promise<T> {
  const store = await makeStore(given, context);
  try {
    return await act(store);
  } finally {
    store.client.destroy();
  }
}

/**
 * Makes a place ours: the bucket, if it is not there, and a marker. Changes nothing in one that is
 * another's.
 */
export async function initialisePlace(store: Store, ownership: Ownership): Promise<void> {
  if (await isMarkedInBucket(store, ownership)) return;
  // Before anything is written: the claim, too, is for places that can become ours.
  await refuseOthersThings(store);
  await underClaim(store, ownership.marker, async (held) => {
    if (!(await isMarked(held, ownership))) await writeMarker(held, ownership);
  });
}

/** Whose place it is; undefined where it has no marker, or there is no such bucket. */
export async function ownerOfPlace(store: Store): Promise<Ownership | undefined> {
  return await orWithoutBucket(
    () => readMarker(store),
    () => undefined,
  );
}

/** Makes the place of one owner that of another. @throws PlaceError where it belongs to neither */
export async function takeOverPlace(store: Store, from: Ownership, to: Ownership): Promise<void> {
  const isDone = async (looked: Store): Promise<boolean> => {
    const found = await readMarker(looked);
    if (found !== undefined && isSameOwner(found, to)) return true;
    await checkMarker(looked, from);
    return false;
  };
  if (await isDone(store)) return;
  await underClaim(store, to.marker, async (held) => {
    if (!(await isDone(held))) await writeMarker(held, to);
  });
}

/** @throws PlaceError where it is not there or not ours */
export async function openPlace(
  given: S3Settings,
  ownership: Ownership,
  capabilities: Capabilities,
  context: ProviderContext,
): Promise<Provider> {
  const store = await makeStore(given, context);
  try {
    await checkMarker(store, ownership);
    return new S3Provider({ store, ownership, capabilities });
  } catch (error) {
    store.client.destroy();
    throw error;
  }
}

async function isMarkedInBucket(store: Store, ownership: Ownership): Promise<boolean> {
  return await orWithoutBucket(
    () => isMarked(store, ownership),
    async () => {
      await createBucket(store);
      return false;
    },
  );
}

async function orWithoutBucket<T>(
  act: () => Promise<T>,
  otherwise: () => T | Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!isCausedBy(error, "NoSuchBucket")) throw error;
    return await otherwise();
  }
}

async function createBucket(store: Store): Promise<void> {
  const { bucket, region, client } = store;
  // The first region is the one that may not be named.
  const where = { CreateBucketConfiguration: { LocationConstraint: region as "eu-west-1" } };
  const input = { Bucket: bucket, ...(region === "us-east-1" ? {} : where) };
  try {
    await attempt(store, `the bucket ${bucket} is not there and could not be made`, (options) =>
      client.send(new CreateBucketCommand(input), options),
    );
  } catch (error) {
    if (isCausedBy(error, "BucketAlreadyOwnedByYou")) return;
    if (!isCausedBy(error, "BucketAlreadyExists")) throw error;
    throw new PlaceError("foreign", `the bucket ${bucket} belongs to somebody else`, {
      cause: error,
      hint: "Choose another name: names of buckets are the same for all customers of a service.",
    });
  }
}

async function refuseOthersThings(store: Store): Promise<void> {
  for await (const { key } of listObjects(store, "")) {
    if (key.startsWith(hiddenFolder) || key === markerName) continue;
    throw new PlaceError(
      "foreign",
      `${store.name} has other things in it, such as ${JSON.stringify(key)}`,
      { hint: "Give an empty bucket, or a prefix that nothing else in it has." },
    );
  }
}

async function writeMarker(store: Store, ownership: Ownership): Promise<void> {
  await putBytes(store, markerName, Buffer.from(markerText(ownership)));
  await checkMarker(store, ownership);
}
