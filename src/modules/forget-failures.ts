import { type Script, sh } from '../core/script.js';

/**
 * So that systemd starts a unit now, however often it died just before: after five deaths in ten seconds
 * (`StartLimitBurst`) it refuses, and a node could not be put back.
 */
export function forgetFailures(unit: string): Script {
  return sh`{ systemctl reset-failed -- ${unit} 2>/dev/null || :; }`;
}
