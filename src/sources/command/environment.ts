import type { Env } from "../../server/run.ts";

/** What a command is given: the worker's own variables without ours, our database and our secrets. */
export function commandEnv(
  env: Env,
  more: Readonly<Record<string, string>>,
): Record<string, string> {
  const given = Object.entries(env).filter(
    ([name]) => !/^(?:LASTGOOD_|PG|DATABASE_URL$)/.test(name),
  );
  const known = given.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return { ...(Object.fromEntries(known) as Record<string, string>), ...more };
}

/** Arguments with `{path}` replaced by a path. */
export function withPath(args: readonly string[], path: string): readonly string[] {
  return args.map((argument) => argument.replaceAll("{path}", () => path));
}
