import type { Io } from "../io.ts";

/** Sends a signal to the command; false when it has ended already. */
export type Kill = (signal: NodeJS.Signals) => boolean;

/** Takes the signals that would end us and passes them to the command, however many there are. */
export class SignalRelay {
  readonly #stopListening: () => void;
  readonly #isOnTerminal: boolean;
  #first: NodeJS.Signals | undefined;
  #kill: Kill | undefined;

  constructor(io: Io) {
    this.#isOnTerminal = "isTTY" in io.stdin && io.stdin.isTTY === true;
    this.#first = io.signal.aborted ? (io.signal.reason as NodeJS.Signals) : undefined;
    this.#stopListening = io.onSignal((signal) => this.#take(signal));
  }

  /** The signal that came first while there was something to interrupt. */
  get first(): NodeJS.Signals | undefined {
    return this.#first;
  }

  /** From now on signals go to the command; so does one that came a moment ago. */
  passTo(kill: Kill): void {
    this.#kill = kill;
    if (this.#first !== undefined) this.#pass(this.#first);
  }

  stop(): void {
    this.#stopListening();
  }

  #take(signal: NodeJS.Signals): void {
    if (this.#kill === undefined || this.#pass(signal)) this.#first ??= signal;
  }

  /** A terminal sends Ctrl-C to the command too, and a second one makes some programs end in a hurry. */
  #pass(signal: NodeJS.Signals): boolean {
    return (signal === "SIGINT" && this.#isOnTerminal) || this.#kill?.(signal) === true;
  }
}
