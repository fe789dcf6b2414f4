/** Exit statuses of `lastgood`; promised in docs/scripting.md and defined nowhere else. */
export const exit = {
  done: 0,
  /** It failed, or found something bad. */
  failed: 1,
  /** Wrong usage. */
  usage: 2,
  /** Could not be determined: the database or a provider is not reachable. */
  undetermined: 3,
} as const;

/** Exit statuses of `lastgood check`, those of every monitoring plugin. */
export const checkExit = { ok: 0, warning: 1, critical: 2, unknown: 3 } as const;

export const exitHelp = `
Exit status:
  0  done
  1  it failed, or found something bad
  2  wrong usage
  3  could not be determined: the database or a provider is not reachable`;
