import type { CopyReader, Finding } from "../../layouts/layout.ts";
import { findingOf } from "../../layouts/finding.ts";
import { showPath } from "../../byte-path.ts";
import { maxDocumentSize } from "../../ovf-store/read.ts";
import type { RunContext } from "../source.ts";
import { BadDocument } from "./bad-document.ts";
import { parseDocument } from "./document.ts";

/** Reads every document, and compares what it says with the machine that it is listed as. */
export async function decodeOvf(
  reader: CopyReader,
  { signal }: Pick<RunContext, "signal">,
): Promise<readonly Finding[]> {
  const { items } = await reader.readBody();
  const expected = new Map(
    items.map(({ kind, details = {} }) => [details["path"], { kind, details }]),
  );
  const findings: Finding[] = [];
  await reader.readMany(reader.entries(), async ({ path }, chunks) => {
    signal.throwIfAborted();
    const what = showPath(path);
    const item = expected.get(path);
    expected.delete(path);
    try {
      const { id, kind } = parseDocument(await collect(chunks));
      const isListed =
        item?.kind === kind && (item.details["documentId"] ?? item.details["id"]) === id;
      if (isListed) return;
      findings.push({ result: "corrupt", what, reason: `it is the document of ${kind} ${id}` });
    } catch (error) {
      findings.push(
        error instanceof BadDocument
          ? { result: "corrupt", what, reason: error.message }
          : findingOf(what, error),
      );
    }
  });
  for (const path of expected.keys()) {
    findings.push({ result: "missing", what: String(path), reason: "it is listed, and not there" });
  }
  return findings;
}

/** As much as a document may have: one more byte is enough to refuse it. */
async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    // To the end, where the bytes are compared with their hash.
    if (size <= maxDocumentSize + 1) pieces.push(Buffer.from(chunk));
  }
  if (size > maxDocumentSize) throw BadDocument.tooLarge(size);
  return Buffer.concat(pieces);
}
