#!/usr/bin/env node
import { existsSync } from 'node:fs';
import process from 'node:process';

const program = new URL('../dist/bundle/main.js', import.meta.url);
if (!existsSync(program)) {
  process.stderr.write('fix-flannel is not built yet. Run `npm install && npm run build` in its folder first.\n');
  process.exit(1);
}
const { main } = await import(program.href);
await main(process.argv.slice(2));
