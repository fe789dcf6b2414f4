import { InvalidArgumentError } from "commander";

/** Collects `--set key=value`; a key given twice has the last value. */
export function collectSetting(
  text: string,
  earlier: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("Give it as KEY=VALUE.");
  return { ...earlier, [text.slice(0, at)]: text.slice(at + 1) };
}
