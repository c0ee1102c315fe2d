import type { Expression, Statement } from './ast.js';
import type { Evaluation } from './evaluate.js';
import { defined, failed } from './failure.js';
import { Frame } from './frame.js';
import { blocksIn, type Page, type PageBlock } from './page.js';
import type { Template } from './parse-template.js';
import { str } from './python-text.js';
import { renderStatements } from './render.js';
import type { Scope } from './runtime.js';
import { Callable, isList, Namespace, Undefined } from './values.js';

const MAX_FILES_DEEP = 50;

type Of<Kind extends Statement['kind']> = Extract<Statement, { kind: Kind }>;

/** The text of a whole template: its own, or that of the one that it extends, with its blocks. */
export function renderTemplate({ statements }: Template, frame: Frame, evaluation: Evaluation): string {
  const page: Page = { blocks: new Map(), top: frame };
  const inPage = evaluation.ofFile(evaluation.text, { ...evaluation.origin, page });
  return inPage.located(() => renderPage(statements, page, inPage));
}

/** Runs the statements at a template's top; those after an `{% extends %}` only set names. */
function renderPage(statements: readonly Statement[], page: Page, evaluation: Evaluation): string {
  const own = blocksIn(statements);
  const twice = own.find(({ name }, index) => own.findIndex((other) => other.name === name) !== index);
  if (twice !== undefined) throw failed(`the block '${twice.name}' is there twice`);
  for (const statement of own) {
    const known = page.blocks.get(statement.name) ?? [];
    page.blocks.set(statement.name, [...known, { statement, evaluation }]);
  }
  if (own.length > 0) page.top.set('self', selfOf(evaluation, page.top));
  let text = '';
  let parent: { template: Template; evaluation: Evaluation } | undefined;
  const extend = ({ template, at }: Of<'extends'>) => {
    if (parent !== undefined) throw failed('a template can extend one other only');
    evaluation.at = at;
    const found = load(template, page.top, evaluation);
    if (found === undefined) throw missing(template, page.top, evaluation);
    parent = { template: found.template, evaluation: found.evaluationIn(evaluation.scope, page) };
  };
  const run = (some: readonly Statement[]) => {
    for (const statement of some) {
      evaluation.step();
      if (statement.kind === 'extends') extend(statement);
      else if (statement.kind === 'if' && statement.branches.some(({ body }) => body.some(isExtends))) {
        run(branchTaken(statement, page.top, evaluation));
      } else if (parent === undefined) text += renderStatements([statement], page.top, evaluation);
      else if (SETTING.includes(statement.kind)) renderStatements([statement], page.top, evaluation);
    }
  };
  run(statements);
  if (parent === undefined) return text;
  const { template, evaluation: above } = parent as { template: Template; evaluation: Evaluation };
  return text + above.located(() => renderPage(template.statements, page, above));
}

const SETTING: readonly string[] = ['set', 'set-block', 'macro', 'import', 'from-import', 'do', 'if'];

function isExtends(statement: Statement): boolean {
  return statement.kind === 'extends';
}

function branchTaken({ branches, otherwise }: Of<'if'>, frame: Frame, evaluation: Evaluation): readonly Statement[] {
  return branches.find(({ test }) => evaluation.isTrue(test, frame))?.body ?? otherwise;
}

/** A block's place in a page: the block of that name which comes first. */
export function renderBlock(statement: Of<'block'>, frame: Frame, evaluation: Evaluation): string {
  const { page } = evaluation.origin;
  const own: PageBlock = { statement, evaluation };
  const [first = own, ...more] = page?.blocks.get(statement.name) ?? [];
  return blockText([first, ...more], statement.scoped ? frame : (page?.top ?? frame));
}

function blockText(blocks: readonly PageBlock[], around: Frame): string {
  const [{ statement, evaluation }, ...others] = blocks as [PageBlock, ...PageBlock[]];
  const { name, required, body } = statement;
  if (required) throw failed(`the block '${name}' is required, and no template fills it`);
  const frame = new Frame(around);
  const above = () => new Undefined(`the block '${name}' has no other above it`, 'super');
  frame.set('super', others.length === 0 ? above() : new Callable('super', () => blockText(others, around)));
  frame.set('self', selfOf(evaluation, around));
  evaluation.step();
  return evaluation.located(() => renderStatements(body, frame, evaluation));
}

function selfOf({ origin: { page } }: Evaluation, around: Frame): Namespace {
  const self = new Namespace();
  for (const [name, blocks] of page?.blocks ?? []) {
    self.attributes.set(name, new Callable(name, () => blockText(blocks, around)));
  }
  return self;
}

export function renderInclude(statement: Of<'include'>, frame: Frame, evaluation: Evaluation): string {
  evaluation.at = statement.at;
  const found = load(statement.template, frame, evaluation);
  if (found === undefined) {
    if (statement.ignoreMissing) return '';
    throw missing(statement.template, frame, evaluation);
  }
  const { withContext } = statement;
  const scope = withContext ? evaluation.scope : noVariables(evaluation.scope);
  return renderTemplate(found.template, new Frame(withContext ? frame : undefined), found.evaluationIn(scope));
}

/** Sets what a template exports: the names that it sets at its top, without those that begin with an underscore. */
export function importNames(statement: Of<'import' | 'from-import'>, frame: Frame, evaluation: Evaluation): void {
  evaluation.at = statement.at;
  const found = load(statement.template, frame, evaluation);
  if (found === undefined) throw missing(statement.template, frame, evaluation);
  const top = new Frame(statement.withContext ? frame : undefined);
  const scope = statement.withContext ? evaluation.scope : noVariables(evaluation.scope);
  renderTemplate(found.template, top, found.evaluationIn(scope));
  const exported = new Namespace();
  for (const [name, value] of top.own())
    if (!name.startsWith('_') && name !== 'self') exported.attributes.set(name, value);
  if (statement.kind === 'import') {
    frame.set(statement.name, exported);
    return;
  }
  for (const [name, alias] of statement.names) {
    const value = exported.attributes.get(name);
    frame.set(alias, value === undefined ? new Undefined(`the imported template has no '${name}'`, name) : value);
  }
}

interface Loaded {
  readonly template: Template;
  evaluationIn(scope: Scope, page?: Page): Evaluation;
}

/** The first template of these names that there is. */
function load(template: Expression, frame: Frame, evaluation: Evaluation): Loaded | undefined {
  const { environment, scope, origin } = evaluation;
  const depth = (origin.depth ?? 0) + 1;
  if (depth > MAX_FILES_DEEP) throw failed('the templates include one another without end');
  for (const name of namesOf(template, frame, evaluation)) {
    const text = isInside(name) ? environment.loadTemplate(name, scope, origin.folder) : undefined;
    if (text === undefined) continue;
    const syntax = { ...origin.syntax, backslashes: 'python' as const };
    const read = environment.parseTemplate(text, syntax);
    return {
      template: read,
      evaluationIn: (own, page) => evaluation.ofFile(read.text, { ...origin, syntax, depth, page }, own),
    };
  }
  return undefined;
}

function namesOf(template: Expression, frame: Frame, evaluation: Evaluation): string[] {
  const value: unknown = defined(evaluation.evaluate(template, frame));
  return isList(value) ? value.map(str) : [str(value)];
}

/** Whether a name leads to no place outside the folders of templates. */
function isInside(name: string): boolean {
  return name !== '' && !name.includes('\0') && !name.split('/').includes('..');
}

function missing(template: Expression, frame: Frame, evaluation: Evaluation) {
  const names = namesOf(template, frame, evaluation).join(', ');
  return failed(`there is no template ${names}`, 'Put it beside the template that names it, or into `templates/`.');
}

/** What a template sees that is brought in without its context: no variables, only functions. */
function noVariables({ environment }: Scope): Scope {
  return {
    environment,
    has: () => false,
    get: () => undefined,
    read: (name) => new Undefined(`'${name}' is undefined`, name),
    names: () => [],
  };
}
