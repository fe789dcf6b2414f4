import type { CopyReader, Finding } from "../../layouts/layout.ts";
import { rehearseFiles } from "../files/rehearse.ts";
import type { RunContext } from "../source.ts";
import { decodeOvf } from "./decode.ts";

/** Reads every document, and writes all of them into the scratch folder. */
export async function rehearseOvf(
  reader: CopyReader,
  context: RunContext,
): Promise<readonly Finding[]> {
  const findings = await decodeOvf(reader, context);
  return findings.length > 0 ? findings : await rehearseFiles(reader, context);
}
