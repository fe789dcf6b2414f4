import { messageOf } from "../../errors.ts";
import { PlaceError, type PlaceTrouble } from "../provider.ts";

const troubles: Readonly<Record<string, PlaceTrouble>> = {
  ENOSPC: "full",
  EDQUOT: "full",
  EROFS: "read_only",
  // What a network file system says when its server is away.
  ESTALE: "unreachable",
  ENOTCONN: "unreachable",
  ECONNABORTED: "unreachable",
  EHOSTDOWN: "unreachable",
  EHOSTUNREACH: "unreachable",
  ETIMEDOUT: "unreachable",
};

const hints: Readonly<Record<string, string>> = {
  ENOSPC: "Make room there, or delete backups that are no longer needed.",
  EDQUOT: "Raise the quota, or delete backups that are no longer needed.",
  EROFS: "Mount it for writing.",
  EACCES: "Run this as the user who owns the folder.",
  EPERM: "Run this as the user who owns the folder.",
  ELOOP: "Symbolic links below the folder are not followed; put the file itself there.",
  EXDEV: "Everything below the folder has to lie on one file system.",
};

export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** An error of the file system as one of the place; what is no such error stays as it is. */
export function placeError(error: unknown, what: string): unknown {
  const code = codeOf(error);
  if (!/^E[A-Z0-9]+$/.test(code)) return error;
  const hint = hints[code];
  return new PlaceError(troubles[code] ?? "failed", `${what}: ${messageOf(error)}`, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Does something on the file system; its errors say what was tried. */
export async function attempt<T>(what: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw placeError(error, what);
  }
}
