import {
  type Ask,
  ask,
  change,
  defineModule,
  fileContent,
  octalMode,
  path,
  refuse,
  unchanged,
  word,
  z,
} from 'fix-flannel/module';

const Args = z.strictObject({
  path,
  section: word,
  option: word,
  value: word.describe('what the option is set to'),
  mode: octalMode.optional(),
});

/** One option of one section of an INI file. It plans from what stands in the file, and acts never. */
export default defineModule<z.infer<typeof Args>, { file: Ask<Buffer> }>({
  name: 'ini_setting',
  about: 'Sets an option in a section of an INI file',
  example: `- name: the service listens here
  ini_setting:
    path: /etc/service.ini
    section: server
    option: port
    value: "8080"`,
  args: Args,
  // What it has to know of the host: read in one exchange, before it plans.
  needs: ({ path }) => ({ file: ask(fileContent, { path }) }),
  plan({ path, section, option, value, mode }, { file }) {
    if (file.state === 'unreadable') return refuse(`${path} cannot be read: ${file.why}`);
    const before = file.state === 'present' ? file.value.toString('utf8') : '';
    const after = withSetting(before, section, option, value);
    const result = { path, section, option, value };
    if (after === before) return unchanged(`${option} is ${value} already`, { result });
    return change(`${option} becomes ${value}`, {
      diff: [{ path, before, after }],
      // `write` is undone by itself: the file of before is kept.
      actions: [{ kind: 'write', path, content: Buffer.from(after), ...(mode && { mode }) }],
      result,
    });
  },
});

/** The text with the option set; what it does not name stays as it is. */
function withSetting(text: string, section: string, option: string, value: string): string {
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const wanted = `${option} = ${value}`;
  const head = lines.findIndex((line) => line.trim() === `[${section}]`);
  if (head < 0) return [...lines, ...(lines.length > 0 ? [''] : []), `[${section}]`, wanted, ''].join('\n');
  const next = lines.findIndex((line, index) => index > head && /^\s*\[/.test(line));
  const end = next < 0 ? lines.length : next;
  const isOption = (line: string) => /^\s*([^=:\s]+)\s*[=:]/.exec(line)?.[1] === option;
  const at = lines.findIndex((line, index) => index > head && index < end && isOption(line));
  if (at < 0) lines.splice(head + 1, 0, wanted);
  else lines[at] = wanted;
  return `${lines.join('\n')}\n`;
}
