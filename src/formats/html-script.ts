/** For convenience only, the page says everything without it: the filter of the hosts, and closed parts on paper. */
export const SCRIPT = `'use strict';
const filter = document.getElementById('filter');
const words = document.getElementById('filter-words');
const shown = document.getElementById('filter-count');
const rows = Array.from(document.querySelectorAll('#hosts ~ .scroll tbody tr'), (row) => ({
  row,
  text: row.textContent.toLowerCase(),
}));
filter.hidden = rows.length === 0;
words.addEventListener('input', () => {
  const wanted = words.value.toLowerCase().split(/\\s+/);
  let count = 0;
  for (const { row, text } of rows) {
    row.hidden = !wanted.every((word) => text.includes(word));
    if (!row.hidden) count += 1;
  }
  shown.textContent = count + ' of ' + rows.length + ' hosts';
});
let closed = [];
addEventListener('beforeprint', () => {
  closed = Array.from(document.querySelectorAll('details:not([open])'));
  for (const part of closed) part.open = true;
});
addEventListener('afterprint', () => {
  for (const part of closed) part.open = false;
});
`;
