export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Label values in the order of `labels`, and the value. */
  readonly series: readonly (readonly [readonly string[], number])[];
}

/** A time for Prometheus; 0 for what never happened. */
export function seconds(time: Date | null): number {
  return time === null ? 0 : time.getTime() / 1000;
}
