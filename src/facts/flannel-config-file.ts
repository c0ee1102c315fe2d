import { ABSENT, defineFact } from '../core/fact.js';
import { joinScripts, sh } from '../core/script.js';
import type { HostFile } from '../flannel/unit.js';
import { FULL_PATH } from './host-path.js';
import { fileRecordAt, hostRecords, RECORD_FUNCTIONS } from './host-records.js';

/** The file that holds flanneld's options on a host without systemd, as the operator names it. */
export const flannelConfigFile = defineFact({
  name: 'flannel.config_file',
  about: "the file with flanneld's options, with its mode and owner",
  script: ({ path }: { path: string }) =>
    joinScripts([
      FULL_PATH,
      RECORD_FUNCTIONS,
      sh`[ -e ${path} ] || exit ${ABSENT}
record_file file ${path}
record end ''`,
    ]),
  parse: (_stdout, { path }, bytes): HostFile => {
    const { found } = fileRecordAt(hostRecords(bytes), 0);
    if (found.file === undefined) throw new Error(`${path} is no plain file of at most 256 KiB, or cannot be read`);
    return found.file;
  },
});
