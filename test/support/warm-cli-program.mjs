import process from 'node:process';
import { main } from '../../dist/bundle/main.js';

// Runs the built program again and again, each time with streams, a folder and an environment as if it were new.

const streams = ['stdout', 'stderr'];
const listening = Object.fromEntries(streams.map((name) => [name, process[name].listeners('error')]));

process.on('message', async ({ args, cwd, env }) => {
  process.chdir(cwd);
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.exitCode = undefined;
  const said = { stdout: '', stderr: '' };
  for (const name of streams) {
    process[name].write = (chunk, encoding, done) => {
      said[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
      const after = typeof encoding === 'function' ? encoding : done;
      if (after) process.nextTick(after);
      return true;
    };
  }
  await main(args);
  process.removeAllListeners('uncaughtException');
  for (const name of streams) {
    for (const hear of process[name].listeners('error'))
      if (!listening[name].includes(hear)) process[name].off('error', hear);
  }
  process.send({ status: process.exitCode ?? 0, ...said });
});
