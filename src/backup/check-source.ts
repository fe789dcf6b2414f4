import type { Client } from "pg";
import { SourceDao } from "../dao/source.ts";
import { findSourceType } from "../sources/registry.ts";
import { parseSettings } from "../settings.ts";
import type { RunEnvironment } from "./environment.ts";
import { ScratchFolder } from "./scratch.ts";

/**
 * Tries what a backup of a source needs; returns what people should know, a line each.
 *
 * @throws LastgoodError with a hint, where a backup would fail
 */
export async function checkSource(
  client: Client,
  name: string,
  environment: RunEnvironment,
): Promise<readonly string[]> {
  const source = await new SourceDao(client).getSource(name);
  const type = await findSourceType(source.type);
  await using scratch = await ScratchFolder.make(environment.env);
  return await type.check(parseSettings(type, source.settings), {
    ...environment,
    runName: `lastgood check ${name}`,
    scratchFolder: scratch.path,
  });
}
