import { z } from "zod";
import { isSecretRef } from "../secrets.ts";

/** Where a database is: a secret that holds its URL, or a URL without a password. */
export function urlSetting(): z.ZodType<string> {
  return z.string().refine((text) => isSecretRef(text) || isUrlWithoutPassword(text), {
    error:
      "must be secret:NAME, or a postgresql:// URL without a password: secrets are not kept in the database",
  });
}

function isUrlWithoutPassword(text: string): boolean {
  if (!/^postgres(?:ql)?:\/\//.test(text)) return false;
  const authority = /^[a-z]+:\/\/(?<login>[^/?#]*)@/.exec(text)?.groups?.["login"] ?? "";
  return !authority.includes(":") && !/[?&](?:ssl)?password=/i.test(text);
}
