import type { Row } from './work.js';

const HEAD = '| work | what | measured | to reach | |\n|---|---|---|---|---|\n';
const [BEGIN, END] = ['<!-- table: what npm run bench -- --write puts here -->\n', '<!-- end of table -->'];

/** As Markdown. */
export function tableOf(rows: readonly Row[]): string {
  return HEAD + rows.map(lineOf).join('');
}

/**
 * A page with its table brought up to date: rows that were not measured this time stay as they are.
 * @param measured who, when and where
 */
export function withTable(page: string, rows: readonly Row[], measured: string): string {
  const [before, rest] = page.split(BEGIN);
  const [old, after] = rest?.split(END) ?? [];
  if (before === undefined || old === undefined || after === undefined)
    throw new Error('the page has no place for the table');
  const kept = old.split('\n').filter((line) => /^\| [^|]/.test(line) && !line.startsWith('| work |'));
  const works = new Set(rows.map(({ work }) => work));
  const isOf = (line: string) => line.slice(2, line.indexOf(' | '));
  // A work that is there keeps its place, with the new rows.
  const order = [...new Set([...kept.map(isOf), ...works])];
  const lines = order.flatMap((work) =>
    works.has(work)
      ? rows.filter((row) => row.work === work).map(lineOf)
      : kept.filter((line) => isOf(line) === work).map((line) => `${line}\n`),
  );
  return `${before}${BEGIN}${HEAD}${lines.join('')}\n${measured}\n${END}${after}`;
}

function lineOf({ work, what, measured, reach, met }: Row): string {
  const verdict = met === undefined ? '' : met ? 'reached' : 'falls short';
  return `| ${work} | ${what} | ${measured} | ${reach} | ${verdict} |\n`;
}
