import type { IncomingMessage } from "node:http";
import { abortable } from "../abortable.ts";

/** More than a page of a listing, or the list of the segments of an object, ever takes. */
const most = 64 * 1024 * 1024;

/** The whole body of a short answer. Rejects where it ends early, or with the reason of the signal. */
export async function bytesOf(response: IncomingMessage, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of abortable<Buffer>(response, signal)) {
    size += chunk.length;
    if (size > most) throw new Error("the answer is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
