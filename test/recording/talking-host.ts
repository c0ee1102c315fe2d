import type { Connection } from '../../src/core/connection.js';
import type { Fact } from '../../src/core/fact.js';
import { sh } from '../../src/core/script.js';
import { facts } from '../../src/facts/index.js';
import type { KeptAnswer } from '../../src/recording/recording.js';

/** A host that answers the questions of a recording, as its shell would; any other script of a fact fails. */
export function talkingHost(host: string, answers: readonly KeptAnswer[]): Connection {
  const scripts = answers.map(({ fact, query, outcome }) => ({ text: scriptText(fact, query), outcome }));
  return {
    host,
    async run({ text }) {
      const nonce = /printf '\\n%s %d\\n' ([0-9a-f]+)/.exec(text)?.[1] as string;
      const parts = text.split(/^(?=\( eval )/m).filter((part) => part.startsWith('( eval '));
      const said = parts.map((part) => scripts.find((script) => part.startsWith(script.text))?.outcome);
      const stdout = said.map((one) => {
        const [bytes, status] = one?.kind === 'answer' ? [one.stdout, one.status] : [Buffer.alloc(0), 1];
        return Buffer.concat([bytes, Buffer.from(`\n${nonce} ${status}\n`)]);
      });
      const stderr = said.map((one) => `${one?.kind === 'answer' ? one.stderr : 'no such thing'}\n${nonce} 0\n`);
      return { stdout: Buffer.concat(stdout), stderr: Buffer.from(stderr.join('')), status: 0 };
    },
    tunnel: () => Promise.reject(new Error('no tunnel')),
    close: async () => {},
  };
}

function scriptText(name: string, query: unknown): string {
  const fact = facts.find((one) => one.name === name) as Fact<unknown, unknown>;
  return sh`( eval ${fact.script(query).text} )`.text;
}
