import { hostname } from "node:os";
import type { Io } from "../io.ts";
import { tryRun } from "../server/run.ts";

/** The name by which this host reports: LASTGOOD_FQDN, else `hostname -f`, else what the kernel calls it. */
export async function ownHost(env: Io["env"]): Promise<string> {
  const given = env["LASTGOOD_FQDN"];
  if (given) return given;
  const { status, stdout } = await tryRun("hostname", ["-f"], { env, timeoutMs: 2_000 });
  const name = stdout.trim();
  return status === 0 && name !== "" ? name : hostname();
}
