import { writeFileSync } from 'node:fs';
import { test } from 'vitest';
import { differencesOf, projects, recorded, runProject } from '../support/corpus.js';
const only = process.env.ONLY?.split(',') ?? projects();
test.each(only)('%s', { timeout: 120_000 }, async (project) => {
  const t = Date.now();
  let text = '';
  try {
    const [theirs, ours] = [recorded(project), await runProject(project)];
    writeFileSync(`/tmp/ours-${project}.json`, JSON.stringify(ours));
    const all = (['first', 'again', 'check'] as const).flatMap((pass) => differencesOf(pass, theirs[pass], ours[pass]));
    const seen = new Map<string, string[]>();
    for (const d of all) {
      const key = `${d.task} | ${d.field} | A ${JSON.stringify(d.ansible)?.slice(0, 300)} | O ${JSON.stringify(d.ours)?.slice(0, 300)}`;
      seen.set(key, [...(seen.get(key) ?? []), `${d.pass[0]}${d.host}`]);
    }
    text = [...seen].map(([k, v]) => `${k}   [${v.join(' ')}]`).join('\n');
  } catch (e) { text = String((e as Error).stack).slice(0, 800) + JSON.stringify(e).slice(0,600); }
  writeFileSync(`/tmp/diff-${project}.txt`, `${Date.now() - t} ms\n${text}\n`);
});
