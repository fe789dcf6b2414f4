import { setTimeout as delay } from "node:timers/promises";
import { ProgramError } from "../errors.ts";
import { readPassfile } from "../passfile.ts";
import type { EmbeddedOptions } from "./bring-up.ts";
import type { Home } from "./home.ts";
import { isBusy, isRefusedForGood, refusalOf, type Login } from "./launch.ts";
import { runningServer, type PidFile } from "./pidfile.ts";

export const host = "127.0.0.1";
export const user = "postgres";
const patienceMs = 60_000;

/** A server that runs on our data and lets us in. */
export interface Answering {
  readonly pid: number;
  readonly port: number;
  readonly socketFolder: string;
}

/** The server on our data once it lets us in; one that is starting or stopping is waited for. */
export async function answeringServer(
  home: Home,
  { onProgress }: EmbeddedOptions,
): Promise<Answering | undefined> {
  const deadline = Date.now() + patienceMs;
  let said = "";
  for (;;) {
    const found = await runningServer(home.dataFolder);
    if (found === undefined) return undefined;
    const answer = await answerOf(home, found);
    if (!(answer instanceof Error)) return answer;
    if (isRefusedForGood(answer) || Date.now() > deadline) {
      throw new ProgramError(`the embedded server (process ${found.pid}) runs but lets nobody in`, {
        cause: answer,
        hint: `It said: ${answer.message}. Its log is ${home.logFile}.`,
      });
    }
    if (isBusy(answer) && said !== answer.message) {
      said = answer.message;
      onProgress?.(`waiting for the server that runs here (process ${found.pid}): ${said}`);
    }
    await delay(50);
  }
}

/** The server where it lets us in, else why it does not. */
async function answerOf(home: Home, found: PidFile): Promise<Answering | Error> {
  const { pid, port, socketFolder } = found;
  if (port === undefined || socketFolder === undefined) {
    return new Error("it has not opened its port yet");
  }
  const answering = { pid, port, socketFolder };
  return (await refusalOf(await loginTo(home, answering))) ?? answering;
}

export async function loginTo(home: Home, server: Omit<Answering, "pid">): Promise<Login> {
  const { port, socketFolder } = server;
  const login = { host, port, database: "postgres", user };
  const password = await readPassfile(home.passfile, login);
  return { ...login, host: socketFolder, password, ssl: false };
}
