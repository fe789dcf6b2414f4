// Runs as a process of its own. Reads numbers of process groups from its input, `+` and `-` before
// them; when the input ends, whoever wrote it is gone, killed perhaps, and so these groups must be.
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

const groups = new Set<number>();

for await (const line of createInterface({ input: process.stdin })) {
  const group = Number(line.slice(1));
  if (!Number.isInteger(group) || group <= 1) continue;
  if (line.startsWith("+")) groups.add(group);
  else groups.delete(group);
}

end("SIGTERM");
if (groups.size > 0) {
  await delay(2000);
  end("SIGKILL");
}

function end(signal: NodeJS.Signals): void {
  for (const group of groups) {
    try {
      process.kill(-group, signal);
    } catch {
      groups.delete(group);
    }
  }
}
