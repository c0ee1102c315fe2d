// The page on how this program stands to Ansible: what Ansible knows by name (ansible-names.json, recorded from an
// installed one by test/ansible/record-names), held against the tables that this program itself works by.
//
// Only differences are told by hand, in ansible-notes.json: `{ "title of a table": { "name": "how it differs" } }`.

/** The modules of this program that the page is made of, as paths below its root without an ending. */
const SOURCES = {
  keywords: 'playbook/keywords',
  metaWords: 'core/meta-words',
  play: 'playbook/play',
  playbooks: 'playbook/load-playbook',
  modules: 'modules/index',
  moduleArguments: 'cli/module-arguments',
  filters: 'template/filters/index',
  tests: 'template/tests',
  lookups: 'template/lookups',
  fileLookups: 'engine/file-lookups',
  controllerLookups: 'engine/controller-lookups',
  wire: 'cli/wire',
  statements: 'template/parse-template',
  strings: 'template/methods/string-methods',
  lists: 'template/methods/list-methods',
  dicts: 'template/methods/dict-methods',
  globals: 'template/globals',
  environment: 'template/environment',
  variables: 'engine/variables',
  loop: 'engine/loop',
  formats: 'inventory/formats',
  commands: 'cli/main',
  settings: 'cli/ansible-settings',
};

/**
 * What the page needs of this program.
 * @param load loads one of its modules by a path below its root
 */
export async function programFrom(load) {
  const loaded = await Promise.all(Object.entries(SOURCES).map(async ([name, path]) => [name, await load(path)]));
  return Object.fromEntries(loaded);
}

/** The page. @param foot its last line */
export function ansiblePage(names, notes, program, foot) {
  const tables = tablesOf(names, notes, program);
  const parts = [
    '# Ansible here, name by name',
    `What ansible-core ${names.version} knows by name, and what this program makes of it. \`fix-flannel playbook\` stands ` +
      'in for `ansible-playbook`, `fix-flannel module` for `ansible`. "yes" is meant to do what Ansible does; "differs" is ' +
      'supported, and the note says how it is otherwise; "no" is refused with file, line and column before anything runs, ' +
      'if not said otherwise.',
    '## In general',
    notes['In general'].map((text) => `- ${text}`).join('\n'),
    ...tables.flatMap(({ title, about, rows, besides }) => [
      `## ${title}`,
      ...(about === undefined ? [] : [about]),
      table(
        ['name', 'here', 'note'],
        rows.map(({ name, shown, status, note }) => [shown ?? code(name), status, note]),
      ),
      ...(besides.length === 0 ? [] : [`Here besides: ${besides.map(code).join(', ')}.`]),
    ]),
    '## Arguments of modules that are left out',
    'Of the modules above that are here, what Ansible takes and this program refuses by name. Modules that are not ' +
      'listed take all.',
    table(['module', 'left out'], leftOut(names, program)),
    foot,
  ];
  return `${parts.join('\n\n')}\n`;
}

/** Notes on what there is not: no table of that title, no name in it. */
export function strayNotes(names, notes, program) {
  const tables = new Map(tablesOf(names, notes, program).map((one) => [one.title, one]));
  return Object.entries(notes)
    .filter(([title]) => title !== 'In general')
    .flatMap(([title, ofTable]) => {
      const known = tables.get(title);
      if (known === undefined) return [title];
      const all = new Set([...known.rows.map(({ name }) => name), ...known.besides]);
      return Object.keys(ofTable).flatMap((name) => (all.has(name) ? [] : [`${title}: ${name}`]));
    });
}

/** Every table: its title, its rows, and what is here besides. */
export function tablesOf(names, notes, program) {
  const { keywords, filters, tests, statements, strings, lists, dicts } = program;
  const make = (title, known, has, about) => {
    const noted = notes[title] ?? {};
    const rows = known.map((name) => rowOf(name, has.has(name), noted[name]));
    return { title, about, rows, besides: [...has].filter((name) => !known.includes(name)).sort() };
  };
  const taskWords = new Set([...keywords.TASK_KEYWORDS, ...(readsTask(program, 'debug', 'with_items') ? ['with_NAME'] : [])]);
  return [
    make('Keywords of plays', names.keywords.play, keywords.PLAY_KEYWORDS),
    make('Keywords of blocks', names.keywords.block, keywords.BLOCK_KEYWORDS),
    make('Keywords of tasks', names.keywords.task, taskWords),
    make('Words of loop_control', names['loop control'], new Set(keywords.LOOP_CONTROL_WORDS)),
    make('Words of meta', names.meta, new Set(program.metaWords.META_WORDS)),
    make('Strategies', names.strategies, new Set(program.play.STRATEGIES)),
    make('Includes and imports', names.includes, new Set(names.includes.filter((name) => readsInclude(program, name)))),
    make(
      'Variables that are always there',
      names['magic variables'],
      magicOf(program),
      'What is not here is undefined.',
    ),
    make(
      'Filters',
      names.filters,
      new Set(Object.keys(filters.FILTERS)),
      'A filter or a test that is not here fails the task whose template names it, even in a branch that is not taken.',
    ),
    make('Tests', names.tests, new Set(Object.keys(tests.TESTS))),
    make('Lookups', names.lookups, lookupsOf(program), 'One that is not here fails the task that calls it.'),
    make(
      'Statements of templates',
      names.statements,
      new Set(statements.STATEMENTS),
      'Ansible itself reads `do`, `break`, `continue`, `debug` and `trans` only where `jinja2_extensions` says so.',
    ),
    make('Methods of strings', names['methods of strings'], new Set(Object.keys(strings.STRING_METHODS))),
    make('Methods of lists', names['methods of lists'], new Set(Object.keys(lists.LIST_METHODS))),
    make('Methods of dicts', names['methods of dicts'], new Set(Object.keys(dicts.DICT_METHODS))),
    make(
      'Inventory plugins',
      names['inventory plugins'],
      new Set(program.formats.FORMATS.flatMap(({ plugins }) => plugins)),
      `A source is ${listed(program.formats.FORMATS.map(({ name }) => name))}; of several, later ones add to earlier ones.`,
    ),
    optionsTable('ansible-playbook', 'playbook', names, notes, program),
    optionsTable('ansible', 'module', names, notes, program),
    settingsTable(names, notes, program),
    modulesTable(names, notes, program),
  ];
}

function rowOf(name, isThere, note = '', more = {}) {
  return { name, status: isThere ? (note === '' ? 'yes' : 'differs') : 'no', note, ...more };
}

/** Whether a task of this module, with this keyword, is read. */
function readsTask({ playbooks, modules }, module, keyword) {
  const args = shortOf(module) === 'meta' ? 'noop' : {};
  const task = { [module]: args, ...(keyword && { [keyword]: [] }) };
  return reads(() => playbooks.readPlaybook(playOf(task), 'site.yml', (name) => modules.findModule(name) !== undefined));
}

/** Whether something of this name that brings other steps in is known. */
function readsInclude({ playbooks, modules }, name) {
  const section = { [name]: 'no-such-name.yml' };
  const text = name === 'import_playbook' ? JSON.stringify([section]) : playOf(section);
  return reads(() => playbooks.readPlaybook(text, 'site.yml', (one) => modules.findModule(one) !== undefined));
}

function playOf(task) {
  return JSON.stringify([{ hosts: 'all', tasks: [task] }]);
}

/** A name that is not known is refused; a file that is not there is another matter. */
function reads(read) {
  try {
    read();
    return true;
  } catch ({ code }) {
    if (code === 'file/missing') return true;
    if (code === 'playbook/unsupported') return false;
    throw new Error(`a playbook for this page cannot be read: ${code}`);
  }
}

/** Variables that come up while a play runs, which no list of them shows: facts, and what a rescue is told. */
export const COME_UP = ['ansible_facts', 'ansible_failed_task', 'ansible_failed_result'];

/** The names that a task in a role, in a loop, can read with nothing defined. */
function magicOf({ variables, environment, globals, loop }) {
  const items = { loopVar: 'item', indexVar: 'index' };
  const { vars } = loop.itemVariables(items, ['only'], 0, { isOn: true, allItems: true });
  const outer = { name: 'outer', path: '/roles/outer', parents: [] };
  const role = { name: 'told', path: '/roles/told', parents: [outer] };
  const of = { name: 'play', folder: '/', roleNames: { used: [], needed: [] } };
  const inventory = { path: '/inventory', vars: {}, groups: [], hosts: new Map() };
  const settings = {
    inventory,
    playbook: { file: '/site.yml', plays: [] },
    header: { id: '' },
    limit: '',
    tags: [],
    skipTags: [],
    extraVars: {},
  };
  const run = { settings, live: { names: {} }, hostvars: {}, environment: environment.createEnvironment() };
  const host = { name: 'host', inventory, gathered: {}, included: {}, facts: {}, exposed: { defaults: {}, vars: {} } };
  const hosts = { all: [], batch: [], working: () => [] };
  const scope = variables.scopeFor(run, host, { play: {}, role, of, environment: [], delegateTo: 'host', loop: vars, hosts });
  const own = [items.loopVar, items.indexVar];
  const globalNames = Object.keys(globals.GLOBALS).filter((name) => name === 'omit');
  return new Set([...scope.names().filter((name) => !own.includes(name)), ...globalNames, ...COME_UP]);
}

function lookupsOf({ lookups, fileLookups, controllerLookups, wire }) {
  return new Set(
    [lookups.LOOKUPS, fileLookups.fileLookups({}), controllerLookups.controllerLookups({}), wire.PROCESS_LOOKUPS].flatMap(
      (one) => Object.keys(one),
    ),
  );
}

function optionsTable(theirs, ours, names, notes, { commands }) {
  const title = `Options of ${theirs}`;
  const command = commands.program().commands.find((one) => one.name() === ours);
  const options = command.createHelp().visibleOptions(command);
  const noted = notes[title] ?? {};
  const rows = names[`options of ${theirs}`].map((forms) => {
    // A short form alone may stand for something else here.
    const same = options.find(({ long }) => forms.includes(long));
    const missing = forms.filter((form) => form !== same?.long && form !== same?.short);
    const name = forms.find((form) => form.startsWith('--'));
    const isThere = missing.length < forms.length;
    const note = [isThere && missing.length > 0 ? `not as ${missing.map(code).join(', ')}` : '', noted[name] ?? ''];
    return rowOf(name, isThere, note.filter(Boolean).join('; '), { shown: forms.map(code).join(', ') });
  });
  const known = new Set(names[`options of ${theirs}`].flat());
  const besides = options.map(({ long }) => long).filter((long) => !known.has(long));
  const about = `Those of \`fix-flannel ${ours}\`. An option that is not there ends it before anything runs.`;
  return { title, about, rows, besides: besides.sort() };
}

function settingsTable(names, notes, { settings }) {
  const { SETTINGS, ONLY, WITHOUT_EFFECT, SECTIONS_WITHOUT_EFFECT } = settings;
  const title = 'Settings of ansible.cfg';
  const noted = notes[title] ?? {};
  const honoured = new Set(Object.values(SETTINGS).flatMap(({ ini }) => ini));
  const idle = new Map(Object.entries(WITHOUT_EFFECT).flatMap(([why, keys]) => keys.map((key) => [key, why])));
  const rows = names.settings.map((name) => {
    if (honoured.has(name)) return rowOf(name, true, noted[name]);
    const told = (status, note) => ({ name, status, note: [note, noted[name]].filter(Boolean).join('; ') });
    if (Object.hasOwn(ONLY, name)) return told('one value', ONLY[name].map((value) => code(value || '""')).join(', '));
    if (idle.has(name)) return told('no effect', idle.get(name));
    if (SECTIONS_WITHOUT_EFFECT.includes(name.slice(0, name.indexOf('.')))) return told('no effect', 'another section');
    return rowOf(name, false, noted[name]);
  });
  const besides = [...honoured, ...Object.keys(ONLY), ...idle.keys()].filter((name) => !names.settings.includes(name));
  const about =
    'Read by `fix-flannel playbook` and `fix-flannel module` alone. "one value" is honoured with that value only, which ' +
    'is what happens anyway; what is not honoured is told in a warning when it is set. Variables of the environment ' +
    'count where their setting does.';
  return { title, about, rows, besides: besides.sort() };
}

function modulesTable(names, notes, program) {
  const title = 'Modules';
  const noted = notes[title] ?? {};
  const rows = Object.keys(names.modules).map((name) => {
    const module = program.modules.findModule(shortOf(name));
    if (module === undefined || isInclude(names, name)) return rowOf(name, readsTask(program, name), noted[name]);
    const link = `[${module.name}](modules.md#${module.name})`;
    const short = readsTask(program, name) ? undefined : `by its short name only, ${code(shortOf(name))}`;
    return rowOf(name, true, [short, noted[name]].filter(Boolean).join('; '), { shown: `${code(name)}: ${link}` });
  });
  const known = new Set(rows.map(({ name }) => program.modules.findModule(shortOf(name))?.name));
  const besides = program.modules.modules.map(({ name }) => name).filter((name) => !known.has(name));
  const about = 'Of collections besides ansible.builtin, the few that playbooks for hosts use most.';
  return { title, about, rows, besides: besides.sort() };
}

function isInclude({ includes }, name) {
  return includes.includes(shortOf(name));
}

function leftOut(names, program) {
  return Object.entries(names.modules).flatMap(([name, options]) => {
    const module = program.modules.findModule(shortOf(name));
    if (module === undefined || options === null) return [];
    const schema = program.moduleArguments.moduleArguments(module.args).map((argument) => argument.name);
    if (schema.includes('(any name)')) return [];
    const unknownOnes = refusedBy(module.args, Object.entries(options).flat(2));
    const known = { has: (argument) => schema.includes(argument) || !unknownOnes.has(argument) };
    const missing = Object.entries(options).flatMap(([option, aliases]) => {
      if (![option, ...aliases].some((one) => known.has(one))) return [code(option)];
      const unknown = [option, ...aliases].filter((one) => !known.has(one));
      return unknown.map((one) => `${code(one)} (for ${code([option, ...aliases].find((other) => known.has(other)))})`);
    });
    return missing.length === 0 ? [] : [[code(name), missing.join(', ')]];
  });
}

/** The names that a schema refuses; other names of an argument are in no schema, and taken all the same. */
function refusedBy(args, names) {
  const refused = new Set(['no_such_argument', ...names].filter((name) => isRefused(args, name)));
  return refused.has('no_such_argument') ? refused : new Set(names);
}

function isRefused(args, name) {
  const { success, error } = args.safeParse({ [name]: 'x' });
  const keysIn = (issue) => [...(issue.keys ?? []), ...(issue.errors ?? []).flat().flatMap(keysIn)];
  return !success && error.issues.flatMap(keysIn).includes(name);
}

function shortOf(name) {
  return name.slice(name.lastIndexOf('.') + 1);
}

function listed(words) {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function code(text) {
  return `\`${text}\``;
}
