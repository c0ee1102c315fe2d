import {
  type DocumentOptions,
  type ParseOptions,
  parse,
  parseAllDocuments,
  type ScalarTag,
  type SchemaOptions,
  type Tags,
} from 'yaml';
import { messageOf } from '../core/error.js';
import { adopted } from './adopted.js';
import { flag, integerArgument } from './arguments.js';
import { failed } from './failure.js';
import { entry, type Table } from './signature.js';
import { toYaml } from './to-yaml.js';

/** What PyYAML takes for booleans and floats; the parser's own YAML 1.1 takes `y`, `1e3` and `.` as well. */
const PYYAML: Readonly<Record<string, RegExp>> = {
  true: /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/,
  false: /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/,
  exponent: /^[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)[eE][-+][0-9]+$/,
  fraction: /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)$/,
};

/** YAML 1.1, as PyYAML reads it: `yes` is true, `0644` is 420. Dates stay text. */
const READING: ParseOptions & DocumentOptions & SchemaOptions = {
  version: '1.1',
  logLevel: 'error',
  customTags: (tags) => tags.filter((tag) => nameOf(tag) !== 'timestamp').map(asPyYaml),
};

function nameOf(tag: Tags[number]): string {
  return typeof tag === 'string' ? tag : tag.tag.replace('tag:yaml.org,2002:', '');
}

function asPyYaml(tag: Tags[number]): Tags[number] {
  if (typeof tag === 'string' || !('test' in tag) || tag.test === undefined) return tag;
  const test = pyYamlTest(nameOf(tag), tag.test, tag.format);
  return test === undefined ? tag : ({ ...tag, test } as ScalarTag);
}

function pyYamlTest(name: string, test: RegExp, format: string | undefined): RegExp | undefined {
  if (name === 'bool') return test.test('yes') ? PYYAML.true : PYYAML.false;
  if (name !== 'float') return undefined;
  if (format === 'EXP') return PYYAML.exponent;
  return test.test('1.5') ? PYYAML.fraction : undefined;
}

/** Filters from and to YAML. This is the only file here that knows the parser. */
export const YAML_FILTERS: Table = {
  from_yaml: entry('', (value) =>
    typeof value === 'string' ? read(() => adopted(parse(shallow(value), READING))) : value,
  ),
  from_yaml_all: entry('', (value) =>
    typeof value === 'string'
      ? read(() =>
          parseAllDocuments(shallow(value), READING).map((document) => {
            if (document.errors[0] !== undefined) throw document.errors[0];
            return adopted(document.toJS({ maxAliasCount: 100 }));
          }),
        )
      : value,
  ),
  to_yaml: entry('*args, **options', (value, [, options]) => toYaml(value, yamlOptions(options, 2, undefined))),
  to_nice_yaml: entry('indent=, *args, **options', (value, [indent, , options]) =>
    toYaml(value, yamlOptions(options, integerArgument(indent, 'indent', 4), false)),
  ),
};

function read<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw failed(`the text is no YAML: ${messageOf(thrown)}`);
  }
}

function yamlOptions(given: unknown, indent: number, flow: boolean | undefined) {
  const options = given as Readonly<Record<string, unknown>>;
  return {
    indent: integerArgument(options.indent, 'indent', indent),
    widthColumns: integerArgument(options.width, 'width', 80),
    sortKeys: flag(options.sort_keys, true),
    flow: options.default_flow_style === undefined ? flow : flag(options.default_flow_style),
    explicitStart: flag(options.explicit_start),
    defaultStyle: options.default_style === undefined ? undefined : String(options.default_style),
  };
}

const MAX_BRACKETS = 200;
const DEEP_BLOCK = /^ {400}|(?:[-?:] +){200}/m;

/** The text, unless its parts stand so deep in one another that the parser, which recurses, would run out of stack. */
function shallow(text: string): string {
  let open = 0;
  for (const [bracket] of text.matchAll(/[[{\]}]/g)) {
    open = bracket === '[' || bracket === '{' ? open + 1 : Math.max(0, open - 1);
    if (open > MAX_BRACKETS) throw new RangeError('it is nested too deeply');
  }
  if (DEEP_BLOCK.test(text)) throw new RangeError('it is nested too deeply');
  return text;
}
