import { randomBytes } from "node:crypto";
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { onTestFinished } from "vitest";
import type { Provider } from "../../src/providers/provider.ts";
import { s3 } from "../../src/providers/s3.ts";
import { startHttpProxy, type HttpProxy } from "../support/http-proxy.ts";
import type { Swift } from "../support/swift.ts";
import { parseSettings } from "../../src/settings.ts";
import { never, newOwnership, type OpenPlace, type Place } from "./place.ts";

export const env = {
  LASTGOOD_SECRET_S3_ACCESS: "test:tester",
  LASTGOOD_SECRET_S3_SECRET: "testing",
  LASTGOOD_SECRET_WRONG: "hunter2-hunter2",
};

interface Bucket extends Place {
  readonly settings: Readonly<Record<string, unknown>>;
  /** As others see it. */
  readonly raw: Raw;
}

/** A bucket that is not there yet. */
export function makeBucket(swift: Swift, bucket: string = newName(), prefix = ""): Bucket {
  const raw = new Raw(swift, bucket, prefix === "" ? "" : `${prefix}/`);
  return {
    env,
    settings: {
      endpoint: swift.s3Endpoint,
      bucket,
      ...(prefix === "" ? {} : { prefix }),
      access_key: "secret:s3_access",
      secret_key: "secret:s3_secret",
    },
    raw,
    removeMarker: () => raw.remove("lastgood-provider.json"),
    missesWhatIsReplaced: true,
  };
}

/** A part of one bucket for many tests: buckets take their time. */
export function makePart(swift: Swift): Bucket {
  return makeBucket(swift, `shared-${swift.port}`, `team/${newName()}`);
}

function newName(): string {
  return `b${randomBytes(6).toString("hex")}`;
}

export interface ProxiedPlace extends OpenPlace {
  /** The same, with nothing between. */
  readonly direct: Provider;
  readonly proxy: HttpProxy;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly raw: Raw;
}

/** A place behind a proxy that does harm; `more` are settings of who goes through it. */
export async function behindProxy(
  swift: Swift,
  more: Readonly<Record<string, unknown>> = {},
  signal: AbortSignal = never,
): Promise<ProxiedPlace> {
  const proxy = await startHttpProxy(swift);
  onTestFinished(() => proxy.stop());
  const { settings: direct, raw } = makePart(swift);
  const settings = { ...direct, endpoint: proxy.url, part_size: 5_242_880, timeout: 20, ...more };
  const ownership = newOwnership();
  const open = async (given: object, until: AbortSignal): Promise<Provider> => {
    const context = { env, signal: until };
    const provider = await s3.open(parseSettings(s3, given), ownership, context);
    onTestFinished(() => provider.close());
    return provider;
  };
  const context = { env, signal: never };
  await s3.initialise(parseSettings(s3, direct), ownership, context);
  return {
    provider: await open(settings, signal),
    direct: await open(direct, never),
    reopen: () => open(settings, never),
    ownership,
    proxy,
    settings,
    raw,
  };
}

/** What starts so in a bucket, as others see it. */
export class Raw {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;

  constructor(
    { s3Endpoint: endpoint, s3Region: region, user, key }: Swift,
    bucket: string,
    prefix: string,
  ) {
    this.#client = new S3Client({
      endpoint,
      region,
      forcePathStyle: true,
      credentials: { accessKeyId: user, secretAccessKey: key },
      requestChecksumCalculation: "WHEN_REQUIRED",
    });
    this.#bucket = bucket;
    this.#prefix = prefix;
    onTestFinished(() => this.#client.destroy());
  }

  async create(): Promise<void> {
    await this.#client.send(new CreateBucketCommand({ Bucket: this.#bucket }));
  }

  async put(key: string, text: string): Promise<void> {
    const input = { Bucket: this.#bucket, Key: this.#prefix + key, Body: text };
    await this.#client.send(new PutObjectCommand(input));
  }

  async remove(key: string): Promise<void> {
    const input = { Bucket: this.#bucket, Key: this.#prefix + key };
    await this.#client.send(new DeleteObjectCommand(input));
  }

  async keys(): Promise<string[]> {
    const input = { Bucket: this.#bucket, Prefix: this.#prefix };
    const found = await this.#client.send(new ListObjectsV2Command(input));
    return (found.Contents ?? []).map(({ Key = "" }) => Key.slice(this.#prefix.length)).toSorted();
  }

  /** What a process leaves that is killed while it uploads. */
  async beginUpload(key: string): Promise<void> {
    const input = { Bucket: this.#bucket, Key: this.#prefix + key };
    const { UploadId } = await this.#client.send(new CreateMultipartUploadCommand(input));
    const part = { ...input, UploadId, PartNumber: 1, Body: "some" };
    await this.#client.send(new UploadPartCommand(part));
  }

  /** The keys of uploads that were not ended. */
  async uploads(): Promise<string[]> {
    const input = { Bucket: this.#bucket, Prefix: this.#prefix };
    const found = await this.#client.send(new ListMultipartUploadsCommand(input));
    return (found.Uploads ?? []).map(({ Key = "" }) => Key.slice(this.#prefix.length));
  }
}
