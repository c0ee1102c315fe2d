// Repeats a fault in the lab and prints what became of it, as Markdown.
//   node test/reliability/run.mjs kill [--count ROUNDS] [--seed N] [--labs N]
//   node test/reliability/run.mjs network [--count HOSTS] [--labs N]     at each step of a fix, on so many hosts
// Boots its own labs (LAB_NAME and LAB_DIR with a number behind) and takes them down. Needs root and `npm run build`.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
// Two folders below the root, as the sources are: they find the project's files from there.
const BUNDLE = `${ROOT}node_modules/.fix-flannel/reliability-${process.pid}.mjs`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string' },
    seed: { type: 'string', default: '1' },
    labs: { type: 'string', default: '1' },
  },
});
const fault = positionals[0];
const usual = fault === 'network' ? 1 : 20;
const [count, seed, labs] = [values.count ?? usual, values.seed, values.labs].map(Number);
if (fault === undefined || positionals.length > 1 || ![count, seed, labs].every((n) => Number.isInteger(n) && n > 0)) {
  console.error('usage: node test/reliability/run.mjs kill|network [--count N] [--seed N] [--labs N]');
  process.exit(64);
}

const baseDir = process.env.LAB_DIR ?? '/var/tmp/fix-flannel-lab';
const baseName = process.env.LAB_NAME ?? 'fflab';
mkdirSync(`${ROOT}node_modules/.fix-flannel`, { recursive: true });
try {
  await build({
    entryPoints: [`${ROOT}test/reliability/rounds.ts`],
    outfile: BUNDLE,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
  });
  const parts = await Promise.all(Array.from({ length: labs }, (_, index) => inLab(index)));
  const { addCounts, countTable } = await import(BUNDLE);
  const sums = parts[0].map((_, index) => addCounts(parts.map((part) => part[index])));
  for (const { troubles } of sums) for (const trouble of troubles) console.log(`\n--- ${trouble}`);
  console.log(`\n${countTable(sums)}`);
  process.exitCode = sums.every(({ torn, lost }) => torn + lost === 0) ? 0 : 1;
} finally {
  rmSync(BUNDLE, { force: true });
}

/** One lab's share of the rounds. @returns what it counted */
async function inLab(index) {
  const dir = `${baseDir}-r${index + 1}`;
  const env = { ...process.env, LAB_DIR: dir, LAB_NAME: `${baseName}r${index + 1}` };
  const lab = (...args) => wholeOutput(`${ROOT}lab/lab`, args, env);
  if (!existsSync(`${dir}/cache`) && existsSync(`${baseDir}/cache`)) {
    mkdirSync(dir, { recursive: true });
    await wholeOutput('cp', ['-a', '--reflink=auto', `${baseDir}/cache`, dir], env);
  }
  await lab('up', '3');
  try {
    // Labs share the rounds; the steps of a fix they share by themselves.
    const share = fault === 'network' ? count : Math.floor(count / labs) + (index < count % labs ? 1 : 0);
    const out = await wholeOutput(
      process.execPath,
      [BUNDLE, fault, share, seed + index * 1000, index, labs].map(String),
      env,
    );
    return JSON.parse(out);
  } finally {
    await lab('down');
  }
}

function wholeOutput(program, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (out += text));
    child.on('error', reject);
    child.on('close', (status) =>
      status === 0 ? resolve(out) : reject(new Error(`${program} ${args.join(' ')} ended with ${status}`)),
    );
  });
}
