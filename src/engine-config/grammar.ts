import { UsageError } from "../errors.ts";

export type Action = "list" | "all" | "get" | "set" | "merge" | "diff" | "help";

/** What the arguments ask for. */
export interface Request {
  readonly action: Action;
  readonly key: string | undefined;
  readonly value: string | undefined;
  readonly version: string | undefined;
  readonly databaseUrl: string | undefined;
  /** Arguments that the real tool takes, and those that it does not look at. */
  readonly ignored: readonly string[];
}

const actions: ReadonlyMap<string, Action> = new Map([
  ["-l", "list"],
  ["--list", "list"],
  ["-a", "all"],
  ["--all", "all"],
  ["-g", "get"],
  ["--get", "get"],
  ["-s", "set"],
  ["--set", "set"],
  ["-m", "merge"],
  ["--merge", "merge"],
  ["-d", "diff"],
  ["--diff", "diff"],
  ["-h", "help"],
  ["--help", "help"],
]);

/** Options with a value, as `--name=value` or `--name value`; all others are only read over. */
const effective: ReadonlySet<string> = new Set(["--cver", "--database-url"]);

/** Every key is reloadable here, so that asking for those alone changes nothing. */
const flags: ReadonlySet<string> = new Set(["-o", "--only-reloadable"]);

/**
 * Reads the arguments as oVirt's engine-config does: an action, its operand, options.
 *
 * @throws UsageError with that tool's texts
 */
export function parseArguments(args: readonly string[]): Request {
  const [first, ...rest] = args;
  if (first === undefined) {
    throw new UsageError("Error: at least 1 argument needed for configuration utility to run.");
  }
  if (args.includes("-h") || args.includes("--help")) {
    return { ...parseRest([]), action: "help", key: undefined, value: undefined };
  }
  const { action, key } = parseAction(first);
  const { operand, ...others } = parseRest(rest);
  const request = {
    ...others,
    action,
    ...(key === undefined && operand ? parseOperand(action, operand) : { key, value: undefined }),
  };
  requireOperands(request);
  return request;
}

function parseAction(argument: string): { action: Action; key: string | undefined } {
  if (!argument.startsWith("-")) {
    throw new UsageError("First argument must be an action, and start with '-' or '--'");
  }
  const [name, key] = splitAtEquals(argument);
  const action = actions.get(name);
  if (!action || (key && name !== "--get" && name !== "--help")) {
    throw new UsageError(
      `Action verb must come first, and '${key ? argument : name}' is not an action.\n` +
        "Please tell me what to do: list? get? set? get-all?",
    );
  }
  return { action, key: key || undefined };
}

interface Rest extends Pick<Request, "version" | "databaseUrl" | "ignored"> {
  readonly operand: string | undefined;
}

/** The operand comes at once or not at all; options follow in any order, more operands mean nothing. */
function parseRest(args: readonly string[]): Rest {
  const operand = args[0]?.startsWith("-") ? undefined : args[0];
  const { options, others } = parseOptions(operand === undefined ? args : args.slice(1));
  return {
    operand,
    version: options.get("--cver") || undefined,
    databaseUrl: options.get("--database-url") || undefined,
    ignored: [...others, ...options.keys()].filter((name) => !effective.has(name)),
  };
}

function parseOptions(words: readonly string[]): {
  options: ReadonlyMap<string, string>;
  others: readonly string[];
} {
  const options = new Map<string, string>();
  const others: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    const [name, value] = splitAtEquals(word);
    if (!word.startsWith("-")) {
      others.push(word);
    } else if (!flags.has(name)) {
      options.set(name, value || (words[++index] ?? ""));
    }
  }
  return { options, others };
}

function parseOperand(action: Action, operand: string): Pick<Request, "key" | "value"> {
  const [key, value] = splitAtEquals(operand);
  if (action === "set" || action === "merge") {
    if (value === undefined) {
      throw new UsageError("Argument for set/merge action must be in format of key=value.");
    }
    return { key, value };
  }
  if (value) {
    throw new UsageError(`Illegal second argument: ${operand}.`);
  }
  return { key: operand, value: undefined };
}

function requireOperands({ action, key, value }: Request): void {
  if (action === "get" && key === undefined) {
    throw new UsageError("Missing key for get action.");
  }
  if ((action === "set" || action === "merge") && (key === undefined || value === undefined)) {
    throw new UsageError(
      "Missing key or value for set action, make sure arguments are in proper order.",
    );
  }
}

/** Splits at the first `=`, unless the text starts with it. */
function splitAtEquals(text: string): [string, string | undefined] {
  const at = text.indexOf("=");
  return at > 0 ? [text.slice(0, at), text.slice(at + 1)] : [text, undefined];
}
