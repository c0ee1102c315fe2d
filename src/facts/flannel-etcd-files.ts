import { defineFact } from '../core/fact.js';
import { MASK } from '../core/mask.js';
import { absent, present, type Reading, unreadable } from '../core/reading.js';
import { joinScripts, Secret, scriptAsWritten, sh } from '../core/script.js';
import { hostRecords, printedRecords, RECORD_FUNCTIONS, recordText } from './host-records.js';

/** The certificates and the key that flanneld uses for etcd, by path. They stay in memory, and are never shown. */
export const flannelEtcdFiles = defineFact({
  name: 'flannel.etcd_files',
  about: 'the TLS files that flanneld uses for etcd (never shown)',
  mostBytes: 8 * 1024 * 1024,
  script: ({ paths }: { paths: readonly string[] }) =>
    joinScripts([RECORD_FUNCTIONS, sh`set -- ${[...paths]}`, RECORD_EACH]),
  withheld: (answer) =>
    printedRecords(
      hostRecords(answer).map((record) =>
        record.name === 'content' ? { ...record, bytes: Buffer.from(MASK) } : record,
      ),
    ),
  parse: (_stdout, _query, bytes): ReadonlyMap<string, Reading<Secret>> => {
    const found = new Map<string, Reading<Secret>>();
    let path = '';
    for (const record of hostRecords(bytes)) {
      if (record.name === 'path') path = recordText(record);
      else if (record.name === 'absent') found.set(path, absent);
      else if (record.name === 'denied')
        found.set(path, unreadable(`${path} is no file of at most 1 MiB that can be read`));
      else if (record.name === 'content') found.set(path, present(new Secret(recordText(record))));
    }
    return found;
  },
});

const RECORD_EACH = scriptAsWritten(`
is_kernels() { case "$(readlink -f "$1")" in /proc/* | /sys/* | /dev/*) ;; *) return 1 ;; esac; }
for file; do
  record path "$file"
  if [ ! -e "$file" ]; then record absent ''
  elif is_kernels "$file" || [ ! -f "$file" ] || ! size=$(wc -c 2>/dev/null <"$file") || [ "$size" -gt 1048576 ]; then record denied ''
  elif text=$(cat -- "$file" 2>/dev/null && echo .); then record content "\${text%.}"
  else record denied ''
  fi
done
record end ''`);
