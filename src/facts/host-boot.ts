import { defineFact } from '../core/fact.js';
import { scriptAsWritten } from '../core/script.js';

/** What tells one boot of the host from the next. */
export const hostBoot = defineFact({
  name: 'host.boot',
  about: 'what a command says that tells one boot of the host from the next',
  script: ({ command }: { readonly command: string }) => scriptAsWritten(command),
  parse(stdout): string {
    const boot = stdout.trim();
    if (boot === '') throw new Error('the command says nothing');
    return boot;
  },
});
