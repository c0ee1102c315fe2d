// Writes the references that come out of the code: modules.md, facts.md, checks.md, errors.md, ansible.md and the schema
// of reports beside this file.
//
//     npm run docs                     builds, then writes them
//     node docs/generate.mjs --check   writes nothing; exits 1 and names the files that lag behind the code
//
// It reads ../dist, so the program has to be built first.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';

if (!existsSync(new URL('../dist/cli/main.js', import.meta.url))) {
  console.error('The program is not built yet. Run `npm run docs`, which builds it first.');
  process.exit(1);
}
const { EXIT, EXIT_STATUS } = await import('../dist/core/error.js');
const { ERROR_ABOUT, EXIT_ABOUT } = await import('../dist/cli/error-reference.js');
const { moduleArguments } = await import('../dist/cli/module-arguments.js');
const { checks } = await import('../dist/diagnose/index.js');
const { facts } = await import('../dist/facts/index.js');
const { reportSchemaText } = await import('../dist/formats/report-schema.js');
const { ALIASES, modules } = await import('../dist/modules/index.js');
const { ansiblePage, programFrom } = await import('./ansible-page.mjs');

const FOOT = 'Written by `npm run docs`; change the code, not this page.';

const pages = {
  'modules.md': modulesPage(),
  'facts.md': factsPage(),
  'checks.md': checksPage(),
  'errors.md': errorsPage(),
  'ansible.md': ansiblePage(
    jsonOf('ansible-names.json'),
    jsonOf('ansible-notes.json'),
    await programFrom((path) => import(`../dist/${path}.js`)),
    FOOT,
  ),
  'schema/report.schema.json': reportSchemaText(),
};

const lagging = Object.entries(pages).filter(([name, text]) => textOf(name) !== text);
if (!process.argv.includes('--check')) {
  for (const [name, text] of lagging) writeFileSync(pathOf(name), text);
  console.log(lagging.length === 0 ? 'Nothing to write.' : `Wrote ${namesOf(lagging)}.`);
} else if (lagging.length > 0) {
  console.error(`Behind the code: ${namesOf(lagging)}. Run \`npm run docs\`.`);
  process.exitCode = 1;
}

function modulesPage() {
  const sorted = sortedBy(modules, ({ name }) => name);
  return page(
    'Modules',
    'The task modules. A name may have `ansible.builtin.` or `ansible.legacy.` before it. `*` marks what has to be given.',
    table(
      ['module', 'what it does'],
      sorted.map(({ name, about }) => [`[${name}](#${name})`, about]),
    ),
    ...sorted.flatMap(moduleSection),
  );
}

function moduleSection(module) {
  const aliases = Object.keys(ALIASES).filter((alias) => ALIASES[alias] === module.name);
  const notes = [
    ...(aliases.length > 0 ? [`Also called ${aliases.map(code).join(' and ')}.`] : []),
    ...(module.freeForm ? [`Text in place of arguments is its ${code(module.freeForm)}.`] : []),
    ...(module.fleet ? ["It sees all of a play's hosts at once."] : []),
  ];
  const rows = moduleArguments(module.args).map(({ name, required, kinds, otherwise, about }) => [
    `${code(name)}${required ? ' *' : ''}`,
    about ?? kinds,
    otherwise === undefined ? '' : code(otherwise),
  ]);
  return [
    `## ${module.name}`,
    `${module.about.replace(/\.$/, '')}.`,
    ...(notes.length > 0 ? [notes.join(' ')] : []),
    rows.length === 0 ? 'No arguments.' : table(['argument', 'what it takes', 'otherwise'], rows),
    `\`\`\`yaml\n${module.example.trimEnd()}\n\`\`\``,
  ];
}

function factsPage() {
  return page(
    'Facts',
    'What is read on a host. Each is a script that changes nothing and a parser of what it prints; a reading is ' +
      '`present`, `absent` or `unreadable`.',
    table(
      ['fact', 'what it is'],
      sortedBy(facts, ({ name }) => name).map(({ name, about }) => [code(name), about]),
    ),
  );
}

function checksPage() {
  return page(
    'Checks',
    'What is looked for in a cluster, in the order in which it is looked for: roots before what follows from them. ' +
      'Errors count for the exit status; warnings are told. `fix-flannel explain ID` shows the same on a terminal.',
    table(
      ['id', 'title', 'severity', 'why it matters'],
      checks.map(({ id, title, severity, about }) => [`[${id}](#${id.toLowerCase()})`, title, severity, about]),
    ),
    ...checks.flatMap(checkSection),
  );
}

function checkSection({ id, title, about, severity, onlyInCheck, page: told }) {
  const kind = severity === 'error' ? 'An error' : 'A warning';
  const where = onlyInCheck ? `${kind}. Only \`check\` looks for it, no run.` : `${kind}.`;
  return [
    // The heading alone is the anchor: #ff101.
    `## ${id}`,
    `**${escaped(title)}.** ${where}`,
    escaped(about),
    ...(told === undefined
      ? []
      : [
          escaped(told.why),
          `Read for it: ${escaped(told.reads.join('; '))}.`,
          'To see it by hand:',
          `\`\`\`sh\n${told.byHand.join('\n')}\n\`\`\``,
          `To mend it: ${escaped(told.mend)}`,
          ...(told.task === undefined ? [] : [`The task of the shipped playbook is **${told.task}**.`]),
          ...(told.causes === undefined ? [] : [`Causes that it names: ${told.causes.map(escaped).join('; ')}.`]),
        ]),
  ];
}

/** Prose that no Markdown reader takes for a tag or for emphasis; what stands between backticks stays. */
function escaped(text) {
  return text
    .split('`')
    .map((part, index) => (index % 2 === 0 ? part.replaceAll('<', '&lt;').replaceAll(/[*_]/g, '\\$&') : part))
    .join('`');
}

function errorsPage() {
  const statuses = Object.entries(EXIT).map(([name, status]) => [String(status), EXIT_ABOUT[name]]);
  const errors = Object.entries(EXIT_STATUS).map(([name, status]) => [
    code(name),
    ERROR_ABOUT[name],
    `${status} (${statuses.find(([number]) => number === String(status))[1]})`,
  ]);
  return page(
    'Errors and exit statuses',
    'The numbers and the codes never change. `--json` gives a code as `code`; the words of a message may change.',
    '## Exit statuses',
    table(['status', 'what it says'], statuses),
    '## Error codes',
    'The status is what an error gives by itself. A run that stops at a host after others were changed ends with ' +
      `${EXIT.partlyApplied}.`,
    table(['code', 'what it says', 'exit status'], errors),
  );
}

function page(title, ...parts) {
  return `${[`# ${title}`, ...parts, FOOT].join('\n\n')}\n`;
}

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function code(text) {
  return `\`${text}\``;
}

function sortedBy(items, key) {
  return [...items].sort((one, other) => (key(one) < key(other) ? -1 : 1));
}

function jsonOf(name) {
  return JSON.parse(textOf(name));
}

function pathOf(name) {
  return new URL(name, import.meta.url);
}

function textOf(name) {
  return existsSync(pathOf(name)) ? readFileSync(pathOf(name), 'utf8') : undefined;
}

function namesOf(entries) {
  return entries.map(([name]) => `docs/${name}`).join(', ');
}
