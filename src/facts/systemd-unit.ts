import { ABSENT, defineFact } from '../core/fact.js';
import { sh } from '../core/script.js';

/** A unit as the running systemd knows it. */
export interface SystemdUnit {
  /** `loaded`, `masked`, `error`, `bad-setting`, `not-found`; a unit that is not found can still be masked. */
  readonly loadState: string;
  /** `active`, `activating`, `inactive`, `failed`, `deactivating`, `reloading`. */
  readonly activeState: string;
  readonly subState: string;
  /** What `systemctl is-enabled` says: `enabled`, `disabled`, `static`, `masked`, ...; empty for a unit that it does not know. */
  readonly enablement: string;
  /** Everything `systemctl show` says, by property. */
  readonly properties: Readonly<Record<string, string>>;
}

/** A unit's state, and whether it is enabled. A unit that nothing defines is absent. */
export const systemdUnit = defineFact<{ unit: string }, SystemdUnit>({
  name: 'systemd.unit',
  about: "A systemd unit's state, enablement and properties",
  // No `--value` and no --property lists: systemd 219 has to understand it.
  script: ({ unit }) => sh`command -v systemctl >/dev/null || { echo 'this host has no systemd' >&2; exit 1; }
s=$(systemctl show --no-pager -- ${unit}) || exit 1
e=$(systemctl is-enabled -- ${unit} 2>/dev/null)
case "$s" in *LoadState=not-found*) [ -n "$e" ] && [ "$e" != not-found ] || exit ${ABSENT} ;; esac
printf '%s\n%s\n' "$e" "$s"`,
  parse(stdout) {
    const end = stdout.indexOf('\n');
    const properties = propertiesOf(stdout.slice(end + 1));
    if (properties.LoadState === undefined || properties.ActiveState === undefined) {
      throw new Error('systemctl show gave no state');
    }
    return {
      loadState: properties.LoadState,
      activeState: properties.ActiveState,
      subState: properties.SubState ?? '',
      enablement: stdout.slice(0, end).trim(),
      properties,
    };
  },
});

/** `Name=value` lines; a value may go on over lines that are no assignment. */
function propertiesOf(text: string): Record<string, string> {
  const properties: Record<string, string> = Object.create(null);
  let last: string | undefined;
  for (const line of text.replace(/\n$/, '').split('\n')) {
    const found = /^([A-Z][A-Za-z0-9]*)=(.*)$/s.exec(line);
    if (found) {
      last = found[1] as string;
      properties[last] = found[2] as string;
    } else if (last !== undefined) {
      properties[last] += `\n${line}`;
    }
  }
  return { ...properties };
}
