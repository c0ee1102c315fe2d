import { z } from 'zod';
import { ask } from '../core/fact.js';
import { change, defineModule, refuse, run, unchanged } from '../core/module.js';
import { sh } from '../core/script.js';
import { flannelRunState } from '../facts/flannel-run-state.js';
import { filesToClear } from '../flannel/run-state.js';
import { optionalText } from './flannel-arguments.js';
import { ownFolder } from './own-folder.js';
import { touching } from './touching.js';

/** Takes away what flanneld wrote of its old lease, so that nothing of it survives a restart. */
export const flannelRunStateModule = defineModule({
  name: 'flannel_run_state',
  about: 'Clear the files that flanneld generated of its old lease; files of others stay.',
  example: `- flannel_run_state:
    subnet_file: /run/flannel/subnet.env`,
  args: z.strictObject({
    subnet_file: optionalText,
    /** The folder that the files are moved to, so that they can be put back. */
    moved_to: z.string().startsWith('/').default('/run/fix-flannel/cleared'),
  }),
  needs: ({ subnet_file }) => ({ state: ask(flannelRunState, { subnetFile: subnet_file }) }),
  plan({ moved_to: folder }, { state }) {
    if (state.state === 'unreadable') return refuse(`flannel's run state cannot be read: ${state.why}`);
    const files = state.state === 'present' ? filesToClear(state.value) : [];
    if (files.length === 0) return unchanged('nothing of an old lease is there', { result: { moved: [] } });
    const moved = files.map(({ path }, index) => ({ from: path, to: `${folder}/${index}` }));
    const moves = moved.map(({ from, to }) =>
      run(sh`if [ -e ${from} ]; then mv -f -- ${from} ${to}; fi`, movesGenerated(from, to)),
    );
    return change(`clear ${files.map((file) => file.path).join(', ')}`, {
      actions: [run(ownFolder(folder), touching(folder)), ...moves],
      result: { moved },
    });
  },
});

/** flanneld writes the file anew when it starts; the copy of it stays as it was moved. */
export function movesGenerated(generated: string, copy: string) {
  return { touches: { files: [{ path: generated, generated: true }, { path: copy }] } };
}
