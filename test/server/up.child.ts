import { once } from "node:events";
import { startEmbedded } from "../../src/server/embedded.ts";

// A process of its own for tests: starts the embedded server, says so on stdout, stops it on SIGINT.

const server = await startEmbedded({ env: process.env });
const { state, alreadyRunning, isNew, url } = server;
const idle = setInterval(() => undefined, 60_000);
const interrupted = once(process, "SIGINT");
const report = { pid: state.pid, uid: process.getuid?.(), alreadyRunning, isNew, url };
console.log(JSON.stringify(report));
await interrupted;
await server.stop();
clearInterval(idle);
