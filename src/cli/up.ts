import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import type { Client } from "pg";
import type { Command } from "commander";
import { findDatabase, namesDatabase, withDatabase } from "../database.ts";
import { install } from "../install.ts";
import { type Io, print } from "../io.ts";
import type { Logger } from "../logger.ts";
import { clientProgramsHint, findClientProgram } from "../server/client-programs.ts";
import { type EmbeddedServer, startEmbedded } from "../server/embedded.ts";
import { processIdentity } from "../server/process.ts";
import { executorOptions } from "../workers/executor.ts";
import { startWorker } from "../workers/index.ts";
import { databaseCommand, type CommonOptions } from "./command.ts";
import { lineLogger } from "./line-logger.ts";
import { ownHost } from "./own-host.ts";
import { untilAborted, withSignalsHeld } from "./until-aborted.ts";
import { quoteForShell, renderUp } from "./up-text.ts";
import { readVerdicts, type SystemVerdict } from "../verdict.ts";

export function upCommand(io: Io): Command {
  return databaseCommand("up", "Install, work and show the verdict, until stopped.")
    .addHelpText(
      "after",
      "\nWith no database named, it starts a PostgreSQL of its own, makes this host a system, and\n" +
        "stops that server in the end; what it holds is kept for the next start.",
    )
    .action((options: CommonOptions) => withSignalsHeld(io, () => up(io, options)));
}

async function up(io: Io, options: CommonOptions): Promise<void> {
  const logger = lineLogger(io);
  if (namesDatabase(io.env, options)) {
    await serve(io, options, logger, undefined);
    return;
  }
  const onProgress = (message: string): void => logger.info({}, message);
  let server: EmbeddedServer | undefined;
  try {
    server = await startEmbedded({ env: io.env, onProgress });
    await serve(io, options, logger, server);
  } catch (error) {
    // Stopped while it was starting: that is no failure.
    if (!io.signal.aborted) throw error;
  } finally {
    await server?.stop();
  }
  if (server?.alreadyRunning === false) onProgress(`stopped; ${server.state.dataFolder} is kept`);
}

async function serve(
  io: Io,
  options: CommonOptions,
  logger: Logger,
  server: EmbeddedServer | undefined,
): Promise<void> {
  const host = await ownHost(io.env);
  const other = server && (await otherUp(server));
  const verdicts = await withDatabase(io, options, (client) =>
    prepare(client, logger, server && host),
  );
  const connection = await findDatabase(io.env, options);
  const executor = executorOptions(io.env);
  const worker =
    other === undefined ? await startWorker({ connection, logger, executor }) : undefined;
  try {
    print(io, await sceneText(io, options, { server, verdicts, host }));
    if (other !== undefined) {
      logger.info({}, `lastgood up runs already, as process ${other}; nothing more was started`);
      return;
    }
    logger.info({}, "ready; stop with Ctrl-C");
    await (server ? server.watch(io.signal) : untilAborted(io.signal));
    logger.info({}, "stopping");
  } finally {
    await worker?.stop();
  }
}

/** The process of another `lastgood up` that runs this server; its worker will do. */
async function otherUp({ state }: EmbeddedServer): Promise<string | undefined> {
  const { startedBy } = state;
  const isOurs = startedBy === null || startedBy === (await processIdentity(process.pid));
  return isOurs ? undefined : String(Number.parseInt(startedBy, 10));
}

/** Installs, makes the host a system where there is none yet, and checks, so that the table tells all. */
async function prepare(
  client: Client,
  logger: Logger,
  host: string | undefined,
): Promise<SystemVerdict[]> {
  const { isCodeApplied } = await install(client);
  if (isCodeApplied) logger.info({}, "installed schema lastgood");
  if (host !== undefined) {
    await client.query(
      `select lastgood.add_system(p_fqdn => $1::text)
       where not exists (select from lastgood.system)`,
      [host],
    );
  }
  await client.query("select from lastgood.check_backup_freshness()");
  return readVerdicts(client);
}

interface Scene {
  readonly server: EmbeddedServer | undefined;
  readonly verdicts: readonly SystemVerdict[];
  readonly host: string;
}

async function sceneText(io: Io, options: CommonOptions, scene: Scene): Promise<string> {
  const { server, verdicts, host } = scene;
  const psql = await psqlProgram(io);
  const target = server ? quoteForShell(server.url) : namedTarget(io, options);
  return renderUp({
    verdicts,
    host,
    url: server?.url,
    psql: psql === undefined ? undefined : [psql, target].join(" ").trim(),
    psqlHint: clientProgramsHint,
    // npm sets this for everything that it runs.
    program: io.env["npm_command"] === undefined ? "lastgood" : "npx lastgood",
  });
}

/** How psql reaches a database that the user named: as they did, and never with a password in it. */
function namedTarget({ env }: Io, { databaseUrl }: CommonOptions): string {
  if (databaseUrl === undefined) return env["DATABASE_URL"] ? '"$DATABASE_URL"' : "";
  const url = new URL(databaseUrl);
  url.password = "";
  return quoteForShell(url.href);
}

async function psqlProgram({ env }: Io): Promise<string | undefined> {
  const found = await findClientProgram("psql", { env });
  if (found === undefined) return undefined;
  for (const folder of (env["PATH"] ?? "").split(":").filter(Boolean)) {
    const isThere = await access(join(folder, "psql"), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return "psql";
  }
  return quoteForShell(found.path);
}
