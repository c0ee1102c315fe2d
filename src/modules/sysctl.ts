import { z } from 'zod';
import { type Ask, ask } from '../core/fact.js';
import { type Action, change, defineModule, refuse, run, unchanged } from '../core/module.js';
import { valueIfPresent } from '../core/reading.js';
import { sh } from '../core/script.js';
import { fileContent } from '../facts/file-content.js';
import { kernelParameter } from '../facts/kernel-parameter.js';
import { bool, path, renamed, text } from './arguments.js';

const TRUE = new Set(['yes', 'on', '1', 'true', 't', 'y']);
const FALSE = new Set(['no', 'off', '0', 'false', 'f', 'n']);

const Args = z.preprocess(
  (given) => renamed(given, { key: 'name', val: 'value' }),
  z
    .strictObject({
      name: text.refine((name) => /^[^\s=#;-][^\s=]*$/.test(name), 'is no name of a kernel parameter'),
      value: text.refine((value) => !/[\n\0]/.test(value), 'is more than one line').optional(),
      state: z.enum(['present', 'absent']).default('present'),
      reload: bool.default(true),
      sysctl_set: bool.default(false),
      ignoreerrors: bool.default(false),
      sysctl_file: path.default('/etc/sysctl.conf'),
    })
    .refine(({ state, value }) => state === 'absent' || (value !== undefined && value !== ''), {
      message: 'value is required with state=present',
    }),
);

type SysctlArguments = z.infer<typeof Args>;
type Needs = { file: Ask<Buffer>; kernel: Ask<string> };

/** A kernel parameter, in a file that is read at a boot, and in the running kernel. */
export const sysctl = defineModule<SysctlArguments, Needs>({
  name: 'sysctl',
  about: 'Has a kernel parameter in a file of sysctl, and in the running kernel',
  example: `- name: packets are forwarded
  sysctl:
    name: net.ipv4.ip_forward
    value: "1"
    sysctl_file: /etc/sysctl.d/90-flannel.conf
    sysctl_set: true`,
  args: Args,
  needs: ({ name, sysctl_file }) => ({
    file: ask(fileContent, { path: sysctl_file }),
    kernel: ask(kernelParameter, { name }),
  }),
  plan(args, { file, kernel }) {
    if (file.state === 'unreadable') return refuse(`cannot read ${args.sysctl_file}: ${file.why}`);
    const before = (valueIfPresent(file) ?? Buffer.alloc(0)).toString('latin1');
    const value = Buffer.from(kernelValue(args.value)).toString('latin1');
    const kept = assigned(before).get(args.name);
    const writes = args.state === 'absent' ? kept !== undefined : kept === undefined || !same(kept, value);
    const sets = args.sysctl_set && args.state === 'present' && !same(valueIfPresent(kernel) ?? '', value);
    if (sets && kernel.state === 'unreadable') return refuse(`cannot look at ${args.name}: ${kernel.why}`);
    if (!writes && !sets) return unchanged(`${args.name} is already so`);
    const after = writes ? withParameter(before, args.name, args.state === 'present' ? value : undefined) : before;
    return change(`${args.name} is ${kept ?? 'not set'}${sets ? `, in the kernel ${valueIfPresent(kernel)}` : ''}`, {
      diff: [{ path: args.sysctl_file, before, after }],
      actions: actions(args, { sets, ...(writes ? { content: Buffer.from(after, 'latin1') } : {}) }),
    });
  },
});

function actions(args: SysctlArguments, { sets, content }: { sets: boolean; content?: Buffer }): Action[] {
  const ignore = args.ignoreerrors ? ['-e'] : [];
  const write: Action[] = content === undefined ? [] : [{ kind: 'write', path: args.sysctl_file, content }];
  const assignment = `${args.name}=${kernelValue(args.value)}`;
  return [
    ...(sets ? [run(sh`sysctl ${ignore} -w ${assignment} >/dev/null`)] : []),
    ...write,
    ...(args.reload ? [run(sh`sysctl ${ignore} -p ${args.sysctl_file} >/dev/null`)] : []),
  ];
}

/** Words for yes and no are numbers to the kernel. */
function kernelValue(value: string | undefined): string {
  const lower = (value ?? '').trim().toLowerCase();
  if (TRUE.has(lower)) return '1';
  return FALSE.has(lower) ? '0' : (value ?? '').trim();
}

function same(one: string, other: string): boolean {
  const plain = (value: string) => value.trim().split(/\s+/).join(' ');
  return plain(one) === plain(other);
}

const isAssignment = (line: string) => line.includes('=') && !/^\s*([#;]|$)/.test(line);

function assigned(content: string): ReadonlyMap<string, string> {
  return new Map(content.split('\n').filter(isAssignment).map(parts));
}

function parts(line: string): [name: string, value: string] {
  const at = line.indexOf('=');
  return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
}

/** Each name once, where it first stood, as `name=value`; a new one at the end. All other lines stay. */
function withParameter(content: string, name: string, value: string | undefined): string {
  const lines = content === '' ? [] : content.replace(/\n$/, '').split('\n');
  const seen = new Set<string>();
  const kept = lines.flatMap((line) => {
    if (!isAssignment(line)) return [line];
    const [key, now] = parts(line);
    if (seen.has(key)) return [];
    seen.add(key);
    if (key !== name) return [`${key}=${now}`];
    return value === undefined ? [] : [`${key}=${value}`];
  });
  const all = value === undefined || seen.has(name) ? kept : [...kept, `${name}=${value}`];
  return all.map((line) => `${line}\n`).join('');
}
