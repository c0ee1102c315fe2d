import { parse, parseAllDocuments } from 'yaml';
import { messageOf } from '../core/error.js';
import { adopted } from './adopted.js';
import { flag, integerArgument } from './arguments.js';
import { failed } from './failure.js';
import { entry, type Table } from './signature.js';
import { toYaml } from './to-yaml.js';

/** YAML 1.1, as PyYAML reads it: `yes` is true, `0644` is 420. */
const READING = { version: '1.1', maxAliasCount: 100, logLevel: 'error' } as const;

/** Filters from and to YAML. This is the only file here that knows the parser. */
export const YAML_FILTERS: Table = {
  from_yaml: entry('', (value) => (typeof value === 'string' ? read(() => adopted(parse(value, READING))) : value)),
  from_yaml_all: entry('', (value) =>
    typeof value === 'string'
      ? read(() =>
          parseAllDocuments(value, READING).map((document) => {
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
