import { ABSENT, defineFact } from '../core/fact.js';
import { joinScripts, scriptAsWritten, sh } from '../core/script.js';
import type { Dependent } from '../flannel/flanneld-process.js';
import { FULL_PATH } from './host-path.js';
import { hostRecords, RECORD_FUNCTIONS, recordText } from './host-records.js';

/** The services that depend on flanneld's unit, and how. Absent where the host's init is not systemd. */
export const flannelDependents = defineFact({
  name: 'flannel.dependents',
  about: "services that depend on flanneld's unit, and whether they run",
  script: ({ units }: { units: readonly string[] }) =>
    joinScripts([
      FULL_PATH,
      sh`{ command -v systemctl >/dev/null 2>&1 && [ -d /run/systemd/system ]; } || exit ${ABSENT}`,
      RECORD_FUNCTIONS,
      sh`units=${units.join(' ')}`,
      SHOW_DEPENDENTS,
    ]),
  parse: (_stdout, _query, bytes): readonly Dependent[] => dependentsOf(bytes),
});

const SHOW_DEPENDENTS = scriptAsWritten(`
set -f
names=
for unit in $units; do
  relations=$(systemctl show --no-pager -p RequiredBy -p RequiredByOverridable -p BoundBy -p ConsistsOf -p WantedBy -- "$unit" 2>&1) ||
    { printf '%s\\n' "$relations" >&2; exit 1; }
  record relations "$relations"
  for word in $relations; do
    name=\${word#*=}
    case "$name" in *.service) case " $names " in *" $name "*) ;; *) names="$names $name" ;; esac ;; esac
  done
done
for name in $names; do
  record dependent "$(systemctl show --no-pager -p Id -p ActiveState -p SubState -p UnitFileState -- "$name")"
done
record end ''`);

const RELATIONS = {
  RequiredBy: 'requires',
  RequiredByOverridable: 'requires',
  BoundBy: 'bound to',
  ConsistsOf: 'part of',
  WantedBy: 'wants',
} as const;

function dependentsOf(bytes: Buffer): Dependent[] {
  const records = hostRecords(bytes);
  const relations = new Map<string, Set<Dependent['relations'][number]>>();
  for (const record of records.filter(({ name }) => name === 'relations')) {
    for (const [property, units] of properties(recordText(record))) {
      const relation = RELATIONS[property as keyof typeof RELATIONS];
      if (relation === undefined) continue;
      for (const unit of units.split(' ')) relations.set(unit, (relations.get(unit) ?? new Set()).add(relation));
    }
  }
  return records
    .filter(({ name }) => name === 'dependent')
    .map((record) => dependentOf(new Map(properties(recordText(record))), relations));
}

function dependentOf(
  values: ReadonlyMap<string, string>,
  relations: ReadonlyMap<string, ReadonlySet<Dependent['relations'][number]>>,
): Dependent {
  const name = values.get('Id');
  if (!name) throw new Error('systemctl names no Id');
  const found = [...(relations.get(name) ?? [])];
  return {
    name,
    relations: found,
    activeState: values.get('ActiveState') ?? '',
    subState: values.get('SubState') ?? '',
    unitFileState: values.get('UnitFileState') ?? '',
    restartsAlong: found.some((relation) => relation !== 'wants'),
  };
}

function properties(text: string): [string, string][] {
  return text
    .split('\n')
    .filter((line) => line.includes('='))
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
}
