// The whole gate: installs what it needs, then format, lint, types, build, generated docs, unit tests and lab tests.
// The last line is `N passed, N failed`. `--no-lab` leaves the lab out; `--quick` leaves installing out too;
// `--all` takes every row and every run of the tables and properties, which is hours.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

const flags = new Set(process.argv.slice(2));
const folder = mkdtempSync(join(tmpdir(), 'fix-flannel-test-'));
const results = [];
if (flags.has('--all')) process.env.TEST_ALL = '1';

try {
  if (!flags.has('--quick')) install();
  for (const [name, command] of Object.entries({
    'format and lint': ['npx', 'biome', 'check', '.'],
    types: ['npx', 'tsc', '-p', '.'],
    build: ['npm', 'run', '--silent', 'build'],
    'generated docs': ['node', 'docs/generate.mjs', '--check'],
  })) {
    step(name, command);
  }
  await vitest('unit tests', ['--config', 'vitest.config.ts']);
  if (!flags.has('--no-lab')) await inLabs(2);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
summary();

function install() {
  if (process.getuid?.() !== 0) {
    console.error('npm test boots a lab of systemd guests and needs root; `npm test -- --no-lab` does without.');
    if (!flags.has('--no-lab')) process.exit(1);
  } else {
    must(['sh', 'lab/install-packages']);
  }
  must(['sh', 'lab/install-node-modules']);
}

function must(command) {
  if (spawnSync(command[0], command.slice(1), { stdio: 'inherit' }).status !== 0) {
    console.error(`could not set up: ${command.join(' ')}`);
    console.log('0 passed, 1 failed');
    process.exit(1);
  }
}

function step(name, [program, ...args]) {
  const started = Date.now();
  const passed = spawnSync(program, args, { stdio: 'inherit' }).status === 0;
  results.push({ name, passed: passed ? 1 : 0, failed: passed ? 0 : 1, seconds: (Date.now() - started) / 1000 });
}

/** Lab tests wait more than they compute: several labs at once share them. What each prints comes at its end. */
async function inLabs(labs) {
  const dir = process.env.LAB_DIR ?? '/var/tmp/fix-flannel-lab';
  const name = process.env.LAB_NAME ?? 'fflab';
  must(['lab/lab', 'base']);
  const shards = Array.from({ length: labs }, (_, index) => {
    const own = { LAB_DIR: `${dir}-${index + 1}`, LAB_NAME: `${name}${index + 1}`, LAB_CACHE: `${dir}/cache` };
    const args = ['--config', 'vitest.lab.config.ts', `--shard=${index + 1}/${labs}`];
    return vitest(`lab tests ${index + 1} of ${labs}`, args, own);
  });
  await Promise.all(shards);
}

/** @param env where it is given, the output is kept and printed at the end */
async function vitest(name, more, env) {
  const started = Date.now();
  const report = join(folder, `${name}.json`);
  const printed = join(folder, `${name}.txt`);
  const out = env === undefined ? 'inherit' : openSync(printed, 'w');
  const args = ['vitest', 'run', ...more, '--reporter=default', '--reporter=json', `--outputFile=${report}`];
  const child = spawn('npx', args, { stdio: ['ignore', out, out], env: { ...process.env, ...env } });
  const status = await new Promise((resolve) => child.on('close', resolve));
  if (env !== undefined) process.stdout.write(readFileSync(printed));
  const { numPassedTests: passed, numFailedTests: failed } = readReport(report);
  // A file that does not even load counts as a failure.
  const broken = status !== 0 && failed === 0 ? 1 : 0;
  results.push({ name, passed, failed: failed + broken, seconds: (Date.now() - started) / 1000 });
}

function readReport(report) {
  if (!existsSync(report) || statSync(report).size === 0) return { numPassedTests: 0, numFailedTests: 0 };
  return JSON.parse(readFileSync(report, 'utf8'));
}

function summary() {
  console.log('');
  for (const { name, passed, failed, seconds } of results) {
    console.log(
      `${failed === 0 ? 'ok  ' : 'FAIL'} ${name}: ${passed} passed, ${failed} failed (${seconds.toFixed(0)} s)`,
    );
  }
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  process.exitCode = sum('failed') === 0 ? 0 : 1;
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
}
