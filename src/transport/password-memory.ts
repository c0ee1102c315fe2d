/** What became of a password at one place. */
export type PasswordOutcome = 'refused' | 'taken' | 'not sent';

/** One log-in's turn with a password. */
export interface PasswordTurn {
  /** False where the place has refused it before. */
  readonly mayTry: boolean;
  end(outcome: PasswordOutcome): void;
}

/**
 * Which passwords were refused, so that a run sends a wrong one once to each place and never locks an account out.
 * While one log-in with a password is undecided, others to the same place wait for it.
 */
export class PasswordMemory {
  readonly #decided = new Map<string, PasswordOutcome>();
  readonly #trying = new Map<string, Promise<void>>();

  /** @param place host, port and user; a turn has to be ended */
  async turn(place: string): Promise<PasswordTurn> {
    for (let other = this.#trying.get(place); other !== undefined; other = this.#trying.get(place)) await other;
    const before = this.#decided.get(place);
    if (before === 'refused' || before === 'taken') return { mayTry: before === 'taken', end: () => {} };
    let done = () => {};
    this.#trying.set(place, new Promise((resolve) => (done = resolve)));
    return {
      mayTry: true,
      end: (outcome) => {
        this.#decided.set(place, outcome);
        this.#trying.delete(place);
        done();
      },
    };
  }
}
