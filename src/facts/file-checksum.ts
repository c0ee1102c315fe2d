import { defineFact } from '../core/fact.js';
import { type Script, scriptAsWritten, sh } from '../core/script.js';
import { pathWord } from '../core/write-file.js';
import { EXISTS, LOOKUP } from './file-lookup.js';

export const CHECKSUM_ALGORITHMS = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const;
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];

/** A file's checksum in hex; unreadable where the host has no tool for it. */
export const fileChecksum = defineFact<{ path: string; algorithm: ChecksumAlgorithm }, string>({
  name: 'file.checksum',
  about: "A file's checksum: md5, sha1, sha224, sha256, sha384 or sha512",
  script: ({ path, algorithm }) => sh`${LOOKUP}
p=${pathWord(path)}
${EXISTS}
[ -f "$p" ] || { echo 'not a regular file' >&2; exit 1; }
${checksumCommand(algorithm)}`,
  parse(stdout, { algorithm }) {
    const hex = /^([0-9a-f]+)\s*$/.exec(stdout)?.[1];
    if (hex?.length !== HEX_LENGTH[algorithm]) throw new Error(`this host has no tool for a ${algorithm} checksum`);
    return hex;
  },
});

/** Prints the checksum of the file `$p` in hex, or nothing where no tool can compute it. */
export function checksumCommand(algorithm: ChecksumAlgorithm): Script {
  const sum = scriptAsWritten(`${algorithm}sum`);
  const option = scriptAsWritten(`-${algorithm}`);
  return sh`{ ${sum} < "$p" || openssl dgst ${option} -r < "$p"; } 2>/dev/null | { read -r h _ || :; printf '%s\n' "$h"; }`;
}

const HEX_LENGTH: Readonly<Record<ChecksumAlgorithm, number>> = {
  md5: 32,
  sha1: 40,
  sha224: 56,
  sha256: 64,
  sha384: 96,
  sha512: 128,
};
