import type { Connection } from '../../src/core/connection.js';
import type { Fact } from '../../src/core/fact.js';
import { sh } from '../../src/core/script.js';
import { facts } from '../../src/facts/index.js';
import type { KeptAnswer } from '../../src/recording/recording.js';

/** A host that answers the questions of a recording, as its shell would; any other script of a fact fails. */
export function talkingHost(host: string, answers: readonly KeptAnswer[]): Connection {
  const scripts = answers.map(({ fact, query, outcome }) => ({ bare: scriptText(fact, query), outcome }));
  const answerTo = (isIt: (script: string) => boolean) => {
    const one = scripts.find(({ bare }) => isIt(bare))?.outcome;
    if (one?.kind !== 'answer') return { stdout: Buffer.alloc(0), stderr: 'no such thing', status: 1 };
    return { ...one, stdout: Buffer.from(one.stdout) };
  };
  return {
    host,
    async run({ text }) {
      const nonce = /^printf '\\n%s %d\\n' ([0-9a-f]+)/m.exec(text)?.[1];
      if (nonce === undefined) {
        const { stdout, stderr, status } = answerTo((bare) => bare === text);
        return { stdout, stderr: Buffer.from(stderr), status };
      }
      const parts = text.split(/^(?=\( eval )/m).filter((part) => part.startsWith('( eval '));
      const said = parts.map((part) => answerTo((bare) => part.startsWith(sh`( eval ${bare} )`.text)));
      const stdout = said.map((one) => Buffer.concat([one.stdout, Buffer.from(`\n${nonce} ${one.status}\n`)]));
      const stderr = said.map((one) => `${one.stderr}\n${nonce} 0\n`);
      return { stdout: Buffer.concat(stdout), stderr: Buffer.from(stderr.join('')), status: 0 };
    },
    tunnel: () => Promise.reject(new Error('no tunnel')),
    close: async () => {},
  };
}

function scriptText(name: string, query: unknown): string {
  const fact = facts.find((one) => one.name === name) as Fact<unknown, unknown>;
  return fact.script(query).text;
}
