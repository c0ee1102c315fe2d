import { FixError } from './error.js';

/** Opens what ansible-vault has closed. */
export interface VaultReader {
  /**
   * @param text from `$ANSIBLE_VAULT;` on
   * @param at `file:line:column` of it, for errors
   * @returns what was encrypted, byte for byte
   * @throws FixError `vault/password` without the right password, `vault/format` for a text that is no such thing
   */
  open(text: string, at: string): Buffer;
  /** Says that `open` may be called with this text later; what it costs may be paid in advance. */
  expect?(text: string): void;
}

/** Whether a file or value is encrypted with ansible-vault. */
export function isVaulted(content: string | Uint8Array): boolean {
  if (typeof content === 'string') return content.startsWith(MARK);
  return Buffer.from(content.subarray(0, MARK.length)).toString('latin1') === MARK;
}

const MARK = '$ANSIBLE_VAULT;';

/** Where no password was given. */
export const NO_VAULT: VaultReader = {
  open(_, at) {
    throw new FixError('vault/password', 'this is encrypted with ansible-vault, and no password was given', {
      hint: 'Give one with --vault-password-file FILE, --vault-id LABEL@FILE or --ask-vault-pass.',
      at,
    });
  },
};
