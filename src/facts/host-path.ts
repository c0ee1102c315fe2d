import { type Script, sh } from '../core/script.js';

/** A login without an administrator's PATH finds `ip`, `bridge` and `systemctl` too. */
export const FULL_PATH: Script = sh`PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin`;

/** Lines that end the script with a reason where the host lacks a program. */
export function needsProgram(name: string): Script {
  return sh`${FULL_PATH}
command -v ${name} >/dev/null 2>&1 || { echo ${`there is no ${name} on this host`} >&2; exit 1; }`;
}
