import { z } from 'zod';
import { ask } from '../core/fact.js';
import { change, defineModule, type Outcome, refuse, unchanged } from '../core/module.js';
import { flannelConfigFile } from '../facts/flannel-config-file.js';
import { flannelUnit } from '../facts/flannel-unit.js';
import { planIfaceInFile } from '../flannel/file-iface.js';
import { hidePasswords } from '../flannel/hide-passwords.js';
import type { FileEdit, IfacePlan } from '../flannel/unit.js';
import { planIface } from '../flannel/unit-iface.js';
import { optionalText } from './flannel-arguments.js';

/** Puts `-iface=IF` on flanneld's command line and changes no other byte. */
export const flannelIface = defineModule({
  name: 'flannel_iface',
  about: "Name the interface on flanneld's command line, in whatever form its unit has.",
  example: `- flannel_iface:
    unit: flanneld.service
    iface: eth1`,
  args: z.strictObject({
    /** flanneld's unit; without it the one that is found. */
    unit: optionalText,
    /** Hosts without systemd: the file that holds flanneld's options. */
    file: optionalText,
    iface: z.string().min(1),
    /** Ending of the copy that is kept beside a changed file. */
    backup: z.string().startsWith('.').default('.before-fix-flannel'),
  }),
  needs: ({ unit, file }) => ({
    unit: ask(flannelUnit, { name: unit }),
    file: ask(flannelConfigFile, { path: file ?? '/dev/null' }),
  }),
  plan({ iface, backup, file: path }, { unit, file }): Outcome {
    if (path !== undefined) {
      if (file.state !== 'present')
        return refuse(`${path} ${file?.state === 'unreadable' ? file.why : 'is not there'}`);
      return outcomeOf(planIfaceInFile(file.value, iface), iface, backup);
    }
    if (unit.state === 'absent')
      return refuse('no unit of flanneld was found', { hint: 'Set flannel_unit, or flannel_config_file.' });
    if (unit.state === 'unreadable') return refuse(`flanneld's unit cannot be read: ${unit.why}`);
    return outcomeOf(planIface(unit.value, iface), iface, backup);
  },
});

function outcomeOf(plan: IfacePlan, iface: string, backup: string): Outcome {
  switch (plan.kind) {
    case 'already':
      return unchanged(plan.why, { result: { edits: [] } });
    case 'refuse':
      return refuse(plan.why, { hint: plan.hint });
    case 'edit':
      return change(`give flanneld the interface ${iface}: ${plan.edits.map(editText).join(', ')}`, {
        diff: plan.edits.map(({ path, before, after }) => ({
          path,
          before: hidePasswords(before ?? ''),
          after: hidePasswords(after),
        })),
        actions: plan.edits.map((edit) => writeOf(edit, backup)),
        result: {
          edits: plan.edits.map(({ path, before }) => ({ path, backup: before === undefined ? null : path + backup })),
        },
      });
    default:
      return plan satisfies never;
  }
}

function editText({ path, before }: FileEdit): string {
  return `${before === undefined ? 'write' : 'edit'} ${path}`;
}

function writeOf({ path, before, after }: FileEdit, backup: string) {
  return {
    kind: 'write' as const,
    path,
    content: Buffer.from(after, 'utf8'),
    makeFolder: before === undefined,
    ...(before === undefined ? { mode: '0644' } : { backup: path + backup }),
  };
}
