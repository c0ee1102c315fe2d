import { expect, test } from 'vitest';
import { runText } from '../support/run-playbook.js';

const PLAY = (prompt: string) => `
- hosts: a
  vars_prompt: [${prompt}]
  tasks:
    - { name: said, debug: { msg: "{{ word }}" } }
`;

const said = async (prompt: string, answer: string | undefined) => {
  const ran = await runText(PLAY(prompt), { world: { ask: async () => answer } });
  return ran.result('a', 'said').msg;
};

// The hashes are those of crypt(3), as Python's `crypt.crypt('secret word', '$6$saltsalt$')` gives them.
test.each([
  { about: 'what is said', prompt: '{name: word, private: false}', answer: 'hello', is: 'hello' },
  { about: 'no template', prompt: '{name: word, private: false}', answer: '{{ 1 + 1 }}', is: '{{ 1 + 1 }}' },
  { about: 'what else holds', prompt: '{name: word, default: usual}', answer: undefined, is: 'usual' },
  {
    about: 'a hash with a given salt',
    prompt: '{name: word, encrypt: sha512_crypt, salt: saltsalt}',
    answer: 'secret word',
    is: '$6$saltsalt$Gbd7qCDlJSddZ9S5ri9ajiQJKxrbcZm6VQVUgvH3MPS64F04DY8tRDK9uBQT/2Mr1LV40gv.JBbSMCRKp6QE21',
  },
])('the variable holds $about', async ({ prompt, answer, is }) => {
  expect(await said(prompt, answer)).toBe(is);
});

test('a salt that is not given has the size that is asked for', async () => {
  const hash = await said('{name: word, encrypt: sha256_crypt, salt_size: 8}', 'secret word');
  expect(hash).toMatch(/^\$5\$[./0-9A-Za-z]{8}\$[./0-9A-Za-z]{43}$/);
});
