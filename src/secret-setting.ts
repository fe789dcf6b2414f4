import { z } from "zod";
import { isSecretRef } from "./secrets.ts";

/** A setting that names a secret, for schemas of settings; a value itself is refused. */
export function secretSetting(): z.ZodType<string> {
  const refusal =
    "must be given as secret:NAME, since secrets never go into the database: the value belongs in the variable LASTGOOD_SECRET_NAME or in a file of the folder of secrets";
  return z.string(refusal).refine(isSecretRef, refusal);
}
