import { isAbsolute } from "node:path";
import { z } from "zod";

// Settings come from `--set key=value` as text, and from JSON as what they are.

/** A whole number, also as text. */
export function numberSetting(min: number): z.ZodType<number> {
  const asText = z
    .string()
    .regex(/^\d{1,15}$/, "must be a whole number")
    .transform(Number);
  return z
    .union([asText, z.number()], { error: "must be a whole number" })
    .pipe(z.int("must be a whole number").min(min, `must be ${min} or more`));
}

/** `true` or `false`, also as text. */
export function booleanSetting(): z.ZodType<boolean> {
  const asText = z.enum(["true", "false"]).transform((text) => text === "true");
  return z.union([z.boolean(), asText], { error: "must be true or false" });
}

/** The absolute path of a file or folder. */
export function pathSetting(): z.ZodType<string> {
  return z
    .string("must be an absolute path")
    .refine((path) => isAbsolute(path) && !path.includes("\0"), "must be an absolute path");
}
