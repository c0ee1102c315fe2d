import { defineFact } from '../core/fact.js';
import { sh } from '../core/script.js';
import { hostRecords, RECORD_FUNCTIONS, recordText } from './host-records.js';

/** A service as Ansible's `service_facts` tells it. */
export interface HostService {
  readonly name: string;
  readonly state: string;
  readonly status?: string;
  readonly source: 'systemd' | 'openrc' | 'sysv';
  readonly runlevels?: readonly string[] | null;
}

/** The services of the host: those of systemd, OpenRC and init scripts, whichever it has. */
export const hostServices = defineFact({
  name: 'host.services',
  about: 'the services of systemd, OpenRC or init scripts, with state and enablement',
  mostBytes: 8 * 1024 * 1024,
  // States of unit files that are not loaded are asked for all at once; a template has none.
  script: (_query: Record<string, never>) => sh`${RECORD_FUNCTIONS}
has() { command -v "$1" >/dev/null 2>&1; }
first=; read -r first 2>/dev/null </proc/1/comm
case $first in *systemd*)
  if has systemctl; then
    record units "$(systemctl list-units --no-pager --no-legend --full --type service --all)"
    files=$(systemctl list-unit-files --no-pager --no-legend --full --type service)
    record files "$files"
    set -f; set --
    while read -r name rest; do case $name in '' | *@.service) ;; *) set -- "$@" "$name" ;; esac; done <<END
$files
END
    [ "$#" -eq 0 ] || { record asked "$*"; record states "$(systemctl show --property=ActiveState -- "$@" 2>/dev/null)"; }
  fi ;;
esac
if has rc-status && has rc-update; then
  record openrc "$(rc-status -a -s -m 2>/dev/null)"
  record runlevels "$(rc-update show -v 2>/dev/null)"
elif has service && ! has chkconfig; then
  record sysv "$(service --status-all 2>/dev/null)"
fi
record end ''`,
  parse: (_, _query, bytes): readonly HostService[] => {
    const said = new Map(hostRecords(bytes).map((record) => [record.name, recordText(record).split('\n')]));
    const lines = (name: string) => (said.get(name) ?? []).filter((line) => line.trim() !== '');
    const services = new Map<string, HostService>();
    for (const service of [
      ...sysv(lines('sysv')),
      ...openRc(lines('openrc'), lines('runlevels')),
      ...systemd(lines('units'), lines('files'), statesOf(said.get('asked')?.[0], said.get('states') ?? [])),
    ]) {
      services.set(service.name, service);
    }
    return [...services.values()];
  },
});

const BAD_STATES = ['not-found', 'masked', 'failed'];

function systemd(units: readonly string[], files: readonly string[], states: ReadonlyMap<string, string>) {
  const services = new Map<string, HostService>();
  for (const line of units) {
    // A mark stands before a unit that is not well.
    const [name = '', load = '', active = '', sub] = words(line.replace(/^\s*[^\w\s]\s+/, ''));
    if (!name.endsWith('.service') || sub === undefined) continue;
    const bad = BAD_STATES.find((state) => [load, active, sub].includes(state));
    const state = sub === 'running' ? 'running' : 'stopped';
    services.set(name, { name, state, status: bad ?? active, source: 'systemd' });
  }
  for (const line of files) {
    const [name = '', status] = words(line);
    if (!name.endsWith('.service') || status === undefined) continue;
    const known = services.get(name);
    if (known === undefined) {
      services.set(name, { name, state: states.get(name) ?? 'unknown', status, source: 'systemd' });
    } else if (!BAD_STATES.includes(known.status ?? '')) services.set(name, { ...known, status });
  }
  return services.values();
}

/** One state for each unit that was asked about, in that order. */
function statesOf(asked: string | undefined, lines: readonly string[]): ReadonlyMap<string, string> {
  const names = words(asked ?? '');
  const states = lines.flatMap((line) => /^ActiveState=(.*)$/.exec(line)?.[1] ?? []);
  return names.length === states.length ? new Map(names.map((name, at) => [name, states[at] as string])) : new Map();
}

function openRc(lines: readonly string[], runlevels: readonly string[]): HostService[] {
  const levels = new Map(
    runlevels.flatMap((line): [string, readonly string[] | null][] => {
      const [name, at] = line.split('|');
      return at === undefined ? [] : [[(name as string).trim(), at.trim() === '' ? null : words(at)]];
    }),
  );
  return lines.flatMap((line): HostService[] => {
    const [name, state] = line.startsWith(' ') ? words(line.replaceAll(/[[\]]/g, '')) : [];
    if (name === undefined || state === undefined) return [];
    return [{ name, state, source: 'openrc', runlevels: levels.get(name) ?? null }];
  });
}

function sysv(lines: readonly string[]): HostService[] {
  return lines.flatMap((line): HostService[] => {
    const [, sign, name] = /^\s*\[ ([+-]) \]\s+(.+?)\s*$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, state: sign === '+' ? 'running' : 'stopped', source: 'sysv' }];
  });
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
