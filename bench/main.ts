import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openLab } from './lab.js';
import { peersHere } from './peers.js';
import { tableOf, withTable } from './table.js';
import type { Bench, Lab, Row } from './work.js';
import { WORKS } from './works/index.js';
import { type Addresses, openAddresses } from './world.js';

const USAGE = `usage: npm run bench -- [--size small|full] [--only WORK]... [--repeat N] [--install] [--write]
works: ${WORKS.map(({ name }) => name).join(', ')}`;

/** @returns the exit status: a figure that falls short is none, a work that could not be measured is 1 */
export async function main(argv: readonly string[], root: string): Promise<number> {
  const options = optionsOf(argv);
  if (typeof options === 'string') {
    console.error(`${options}\n${USAGE}`);
    return 64;
  }
  if (!existsSync(join(root, 'dist/bundle/main.js'))) throw new Error('it is not built: npm run build');
  const open: (() => Promise<void> | void)[] = [];
  try {
    const rows: Row[] = [];
    let broken = 0;
    const bench = benchOf(root, options, open);
    for (const work of WORKS.filter(({ name }) => options.only.length === 0 || options.only.includes(name))) {
      bench.tell(`${work.name}: ${work.title}`);
      const found = await work.run(bench).catch((error: unknown) => {
        broken += 1;
        console.error(`${work.name} could not be measured: ${error instanceof Error ? error.message : String(error)}`);
        return [];
      });
      rows.push(...found);
    }
    if (options.size === 'small') bench.tell('the small size proves that it runs; its figures say nothing');
    console.log(`\n${tableOf(rows)}`);
    if (options.write) writeTable(root, rows, options.times);
    return broken === 0 ? 0 : 1;
  } finally {
    for (const close of open.reverse()) await close();
  }
}

interface Options {
  readonly size: 'small' | 'full';
  readonly only: readonly string[];
  readonly times: number;
  readonly install: boolean;
  readonly write: boolean;
}

function optionsOf(argv: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        size: { type: 'string', default: 'full' },
        only: { type: 'string', multiple: true, default: [] },
        repeat: { type: 'string' },
        install: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
      },
    });
    const { size, only, install, write } = values;
    if (size !== 'small' && size !== 'full') return `--size ${size}: small or full`;
    const times = Number(values.repeat ?? (size === 'small' ? 1 : 5));
    if (!Number.isInteger(times) || times < 1) return `--repeat ${values.repeat}: a number`;
    if (write && size === 'small') return '--write: the small size measures nothing';
    const unknown = only.find((name) => !WORKS.some((work) => work.name === name));
    if (unknown !== undefined) return `--only ${unknown}: no such work`;
    return { size, only, times, install, write };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function benchOf(root: string, { size, times, install }: Options, open: (() => Promise<void> | void)[]): Bench {
  const tell = (line: string) => console.error(`bench: ${line}`);
  const scratch = mkdtempSync(join(tmpdir(), 'fix-flannel-bench-'));
  open.push(() => rmSync(scratch, { recursive: true, force: true }));
  let [addresses, lab]: [Promise<Addresses> | undefined, Promise<Lab> | undefined] = [undefined, undefined];
  return {
    root,
    size,
    times,
    scratch,
    tell,
    peers: size === 'small' ? new Set(['openssh']) : peersHere(install, tell),
    ours: (...args) => [process.execPath, join(root, 'bin/fix-flannel.js'), ...args],
    addresses() {
      addresses ??= openAddresses().then((world) => {
        open.push(() => world.close());
        return world;
      });
      return addresses;
    },
    lab() {
      lab ??= openLab(root, tell, (close) => open.push(close));
      return lab;
    },
  };
}

/** A part of the works only takes its own rows' places. */
function writeTable(root: string, rows: readonly Row[], times: number): void {
  const file = join(root, 'docs/performance.md');
  const node = `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown'}, medians of ${times}`;
  writeFileSync(
    file,
    withTable(readFileSync(file, 'utf8'), rows, `Measured ${new Date().toISOString().slice(0, 10)}: ${node}.`),
  );
}
