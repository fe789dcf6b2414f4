/** The code of a system error, such as `ENOENT`. Anything else is a bug of ours and thrown on. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && "syscall" in error && "code" in error) return String(error.code);
  throw error;
}
