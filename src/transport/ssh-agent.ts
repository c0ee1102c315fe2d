import ssh2, {
  type BaseAgent,
  type IdentityCallback,
  type ParsedKey,
  type SignCallback,
  type SigningRequestOptions,
} from 'ssh2';
import { messageOf } from '../core/error.js';
import { printableLine } from '../core/text.js';
import { within } from './within.js';

/** What an agent holds, or why it is no use. */
export interface AgentKeys {
  readonly keys: readonly ParsedKey[];
  /** Why it holds none: `it gives no answer`. */
  readonly why?: string | undefined;
  /** An agent that offers only some of the keys. */
  only(keys: readonly ParsedKey[]): BaseAgent;
}

/** Asks an agent beforehand what it holds: one that does not answer would fail a log-in that other keys would pass. */
export async function agentKeys(socket: string, timeoutMs: number): Promise<AgentKeys> {
  const agent = ssh2.createAgent(socket);
  const only = (keys: readonly ParsedKey[]) => new PartOfAgent(agent, keys);
  const asked = new Promise<readonly ParsedKey[]>((resolve, reject) => {
    agent.getIdentities((error, keys) => (error ? reject(error) : resolve((keys ?? []) as ParsedKey[])));
  });
  try {
    const outcome = await within(asked, timeoutMs);
    if (outcome.kind !== 'done') return { keys: [], why: 'it gives no answer', only };
    const keys = outcome.value.filter((key) => typeof key.getPublicSSH === 'function');
    return { keys, why: keys.length === 0 ? 'it holds no key' : undefined, only };
  } catch (error) {
    return { keys: [], why: printableLine(messageOf(error), 80), only };
  }
}

class PartOfAgent extends ssh2.BaseAgent<ParsedKey> {
  readonly #agent: BaseAgent;
  readonly #keys: readonly ParsedKey[];

  constructor(agent: BaseAgent, keys: readonly ParsedKey[]) {
    super();
    this.#agent = agent;
    this.#keys = keys;
  }

  override getIdentities(done: IdentityCallback<ParsedKey>): void {
    done(undefined, [...this.#keys]);
  }

  override sign(
    key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    done?: SignCallback,
  ): void {
    if (typeof options === 'function') this.#agent.sign(key, data, options);
    else this.#agent.sign(key, data, options, done);
  }
}
