// Measures this program beside others, in one run, and prints ratios. docs/performance.md tells of it.
//   npm run bench -- [--size small|full] [--only WORK]... [--repeat N] [--install] [--write]
// Needs root (namespaces, sshd) and `npm run build`. The works on nodes boot a lab of their own unless one is up.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = mkdtempSync(join(tmpdir(), 'fix-flannel-bench-'));
const BUNDLE = join(FOLDER, 'main.mjs');

process.on('exit', () => rmSync(FOLDER, { recursive: true, force: true }));
await build({
  entryPoints: [`${ROOT}bench/main.ts`],
  outfile: BUNDLE,
  bundle: true,
  platform: 'node',
  format: 'esm',
  logLevel: 'warning',
});
const { main } = await import(pathToFileURL(BUNDLE).href);
process.exitCode = await main(process.argv.slice(2), ROOT);
