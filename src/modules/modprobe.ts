import { z } from 'zod';
import { type Ask, ask } from '../core/fact.js';
import { type Action, change, defineModule, refuse, run, unchanged } from '../core/module.js';
import { sh } from '../core/script.js';
import { type KernelModule, kernelModule } from '../facts/kernel-module.js';
import { word } from './arguments.js';

const Args = z.strictObject({
  name: word.refine((name) => /^[\w-]+$/.test(name) && !name.startsWith('-'), 'is no name of a module'),
  state: z.enum(['present', 'absent']).default('present'),
  params: word.refine((params) => !params.includes('\n'), 'is more than one line').default(''),
  persistent: z.enum(['disabled', 'present', 'absent']).default('disabled'),
});

type ModprobeArguments = z.infer<typeof Args>;

/** A module of the kernel: loaded or not, at once and at a boot. */
export const modprobe = defineModule<ModprobeArguments, { module: Ask<KernelModule> }>({
  name: 'modprobe',
  about: 'Has a kernel module loaded or not, at once and at a boot',
  example: `- name: overlays go over UDP
  modprobe:
    name: vxlan
    persistent: present`,
  args: Args,
  needs: ({ name }) => ({ module: ask(kernelModule, { name }) }),
  plan(args, { module }) {
    const { name, state, params, persistent } = args;
    const result = { name, params, state };
    if (module.state !== 'present') {
      return refuse(`cannot look at the kernel's modules${module.state === 'unreadable' ? `: ${module.why}` : ''}`);
    }
    const { loaded } = module.value;
    const words = params.split(/\s+/).filter((param) => param !== '');
    const loading: Action[] =
      loaded === (state === 'present')
        ? []
        : [run(state === 'present' ? sh`modprobe ${name} ${words}` : sh`modprobe -r ${name} ${words}`)];
    const keeping = persistent === 'disabled' ? [] : fileActions(name, persistent === 'present', words, module.value);
    if (loading.length + keeping.length === 0) return unchanged(`${name} is already so`, { result });
    return change(`${name} is ${loaded ? '' : 'not '}loaded${keeping.length > 0 ? ', and otherwise at a boot' : ''}`, {
      actions: [...loading, ...keeping],
      result,
    });
  },
});

/** Files that say otherwise have their lines made comments, then one file of the module's own says it. */
function fileActions(name: string, wanted: boolean, params: readonly string[], now: KernelModule): Action[] {
  const isLoad = (line: string) => line.replace(/[#;].*$/, '').trim() === name;
  const isOption = (line: string) => line.startsWith(`options ${name} `);
  const all = now.options.flatMap(([, lines]) => lines).filter(isOption);
  const kept = new Set(
    all.flatMap((line) =>
      line
        .replace(/[#;].*$/, '')
        .trim()
        .split(/\s+/)
        .slice(2),
    ),
  );
  const loads = now.loads.some(([, lines]) => lines.some(isLoad));
  const asWanted = kept.size === params.length && params.every((param) => kept.has(param));
  if (wanted && loads && asWanted) return [];
  const files = new Map<string, readonly string[]>();
  const comment = (path: string, lines: readonly string[], is: (line: string) => boolean) => {
    if (lines.some(is))
      files.set(
        path,
        lines.map((line) => (is(line) ? `#${line}` : line)),
      );
  };
  if (!wanted) for (const [path, lines] of now.loads) comment(path, lines, isLoad);
  if (!wanted || !asWanted) for (const [path, lines] of now.options) comment(path, lines, isOption);
  if (wanted && !loads) files.set(`/etc/modules-load.d/${name}.conf`, [name]);
  if (wanted && !asWanted && params.length > 0) {
    files.set(
      `/etc/modprobe.d/${name}.conf`,
      params.map((param) => `options ${name} ${param}`),
    );
  }
  return [...files].map(([path, lines]) => ({
    kind: 'write',
    path,
    content: Buffer.from(`${lines.join('\n')}\n`),
    makeFolder: true,
  }));
}
