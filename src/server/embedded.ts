import { answeringServer } from "./answering.ts";
import { joinRunning, start, type EmbeddedOptions, type Found } from "./bring-up.ts";
import { findClientProgram } from "./client-programs.ts";
import { openHome } from "./home.ts";
import { KeptServer } from "./keep.ts";
import type { Login } from "./launch.ts";
import { withLock } from "./lock.ts";
import type { Env } from "./run.ts";
import { embeddedClientConfig, embeddedUrl, type EmbeddedState } from "./state.ts";

/** The persistent server of an installation that has no database of its own. */
export interface EmbeddedServer extends Found {
  /** For libpq's tools; names the passfile instead of a password. */
  readonly url: string;
  /** A whole line to paste into a shell. */
  readonly psqlLine: string;
  /** For `pg`, password included; goes through the socket. */
  readonly connection: Login;
  /** Keeps the server up until the signal; throws `ProgramError` when it cannot be. */
  watch(signal: AbortSignal): Promise<void>;
}

/**
 * Finds the embedded server running, or starts it, making it first where there is none.
 *
 * Safe to call from several processes at once: one starts, the others find it. The caller stops it;
 * nothing else will. Throws `ProgramError` where PostgreSQL is missing or does not start.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const home = await openHome(options.env);
  const found = await withLock(home.lock, async () => {
    const running = await answeringServer(home, options);
    return running === undefined ? start(options, home) : joinRunning(options, home, running);
  });
  const { state } = found;
  const kept = new KeptServer(options, home, found);
  return {
    ...found,
    url: embeddedUrl(state),
    psqlLine: await psqlLine(state, options.env),
    connection: await embeddedClientConfig(state),
    watch: (signal) => kept.watch(signal),
    stop: () => kept.stop(),
  };
}

async function psqlLine(state: EmbeddedState, env: Env): Promise<string> {
  const found = await findClientProgram("psql", { env });
  const path = found?.path ?? "psql";
  const program = /^[\w./@+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
  return `${program} "${embeddedUrl(state)}" -c "select * from lastgood.system_status"`;
}
