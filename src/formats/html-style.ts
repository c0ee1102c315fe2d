/** Colours by their use, on screens that are light; each pair that stands together has a contrast of 4.5 or more. */
const LIGHT = `
  --page: #ffffff; --card: #f6f8fa; --text: #1b1f24; --muted: #57606a; --line: #d0d7de; --link: #0b57c4;
  --ok: #0f6b34; --ok-soft: #e7f5ec; --error: #b3261e; --error-soft: #fdecea; --warn: #7a4b00; --warn-soft: #fff4dc;
  --unknown: #5b3fa8; --unknown-soft: #f0ecfb; --muted-soft: #eceff2;`;

const DARK = `
  --page: #0f1419; --card: #171d24; --text: #e6edf3; --muted: #9aa7b4; --line: #36414d; --link: #7cb7ff;
  --ok: #6fdc94; --ok-soft: #10301d; --error: #ff8a80; --error-soft: #3a1715; --warn: #ffc168; --warn-soft: #33260c;
  --unknown: #c3adff; --unknown-soft: #261f40; --muted-soft: #222a33;`;

const TEXT = `
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 80rem; margin: 0 auto; padding: 1.25rem 1rem 3rem; }
main:focus { outline: none; }
h1, h2, h3, h4 { line-height: 1.25; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin: 0; }
h2 { font-size: 1.35rem; margin: 2.5rem 0 .75rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1rem 0 .35rem; }
h4 { font-size: 1rem; margin: .75rem 0 .35rem; }
p { margin: .35rem 0; overflow-wrap: anywhere; }
ul { margin: .25rem 0; padding-left: 1.25rem; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 3px; }
summary { cursor: pointer; padding: .2rem 0; }
details > summary { color: var(--link); }
input { font: inherit; color: var(--text); background: var(--page); border: 1px solid var(--muted); border-radius: 6px;
  padding: .3rem .5rem; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: .5rem; background: var(--page); padding: .5rem; z-index: 1; }
.signs { position: absolute; }
.muted { color: var(--muted); }
.nowrap { white-space: nowrap; }
.id, .path, .evidence, .diff { font-family: ui-monospace, monospace; font-size: .9em; }
.icon { vertical-align: -.15em; margin-right: .35em; fill: var(--tone); --mark: var(--page); }
.mark { fill: none; stroke: var(--mark); stroke-width: 1.8; stroke-linecap: round; }
.ok { --tone: var(--ok); --soft: var(--ok-soft); }
.error { --tone: var(--error); --soft: var(--error-soft); }
.warn { --tone: var(--warn); --soft: var(--warn-soft); }
.unknown { --tone: var(--unknown); --soft: var(--unknown-soft); }
.badge.muted, .count.muted, .icon.muted, .box.muted, .cell.muted { --tone: var(--muted); --soft: var(--muted-soft); }
.badge { display: inline-block; padding: 0 .55em 0 .35em; border-radius: 1em; background: var(--soft);
  color: var(--tone); font-size: .85rem; font-weight: 600; white-space: nowrap; }
`;

const PARTS = `
.verdict { border: 1px solid var(--line); border-left: 8px solid var(--tone); border-radius: 8px; padding: 1rem 1.25rem;
  background: var(--card); }
.verdict .word { display: flex; align-items: center; margin: .6rem 0 0; font-size: 2rem; line-height: 1.2;
  font-weight: 700; color: var(--tone); }
.verdict .word .icon { width: 1.9rem; height: 1.9rem; --mark: var(--card); }
.verdict .line { font-size: 1.1rem; }
.counts { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .6rem; margin: 1rem 0; }
.count { display: flex; flex-direction: column-reverse; justify-content: flex-end; padding: .5rem .75rem;
  border-radius: 6px; background: var(--soft); color: var(--tone); }
.count dt { font-size: .85rem; }
.count dd { margin: 0; font-size: 1.5rem; font-weight: 700; line-height: 1.2; }
.about { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); gap: .25rem 1.5rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; padding: 0; margin: 1rem 0 0; }
.facts { margin: .5rem 0 0; }
.facts dt { color: var(--muted); font-size: .85rem; }
.facts ul { margin: 0; }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.card { border: 1px solid var(--line); border-left: 5px solid var(--tone, var(--line)); border-radius: 8px;
  background: var(--card); padding: .6rem 1rem .8rem; margin: .9rem 0; }
.card > h3, .card > h4 { margin: .1rem 0 .4rem; }
.card > .facts > div { display: grid; grid-template-columns: 7rem 1fr; gap: .25rem .75rem; padding: .15rem 0; }
.card > .facts dt { line-height: 1.75; }
.summary { font-weight: 600; }
.muted-card { color: var(--muted); border-left-style: dashed; }
.waiver { border-left: 3px solid var(--line); padding-left: .75rem; }
.consequences { margin-top: .6rem; }
.consequences .card { background: var(--page); }
.names { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .1rem .9rem; }
.names li, .evidence li { overflow-wrap: anywhere; }
.diff { margin: .25rem 0 .75rem; padding: .4rem 0; border: 1px solid var(--line); border-radius: 6px;
  background: var(--page); white-space: pre-wrap; overflow-wrap: anywhere; }
.diff span { display: block; padding: 0 .75rem; }
.diff .added { background: var(--ok-soft); color: var(--ok); }
.diff .removed { background: var(--error-soft); color: var(--error); }
.diff .place { color: var(--muted); }
.path { margin-top: .6rem; }
details > summary > h3 { display: inline; }
.scroll { overflow-x: auto; margin: .5rem 0 1rem; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
caption { text-align: left; color: var(--muted); padding: .25rem 0; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line);
  overflow-wrap: break-word; max-width: 28rem; }
thead th { color: var(--muted); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 600; }
#filter { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem; }
#filter[hidden] { display: none; }
`;

const DRAWINGS = `
figure { margin: .5rem 0; }
figcaption { color: var(--muted); font-size: .92rem; margin-top: .5rem; }
.kind { font-weight: 600; margin: .9rem 0 .4rem; }
.boxes { display: flex; flex-wrap: wrap; gap: .6rem; align-items: flex-start; }
.boxes > details { flex-basis: 100%; }
.boxes details .box { margin: 0 .6rem .6rem 0; }
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: 1.5rem; }
.box { max-width: 100%; height: auto; }
.box text { fill: var(--text); font-size: 13px; }
.box .mono { font-family: ui-monospace, monospace; font-size: 12px; }
.box .strong { font-weight: 700; }
.box .struck { text-decoration: line-through; }
.box text.muted { fill: var(--muted); font-size: 12px; }
.box text.error, .box text.warn { fill: var(--tone); }
.box .icon { --mark: var(--card); }
.frame { fill: var(--card); stroke: var(--tone); stroke-opacity: .6; }
.frame.dead { stroke-dasharray: 6 4; stroke-opacity: 1; }
.stripe, .knot { fill: var(--tone); }
.fill-error { fill: var(--error-soft); }
.joint { fill: none; stroke: var(--tone); stroke-width: 1.5; }
.cell { fill: var(--tone); }
.trend { max-width: 100%; height: auto; }
.axis { stroke: var(--muted); }
.nothing { fill: transparent; }
.fill-error-bar { fill: var(--error); }
.fill-warn-bar { fill: url(#stripes); stroke: var(--warn); }
.stripes-gap { fill: var(--page); }
.stripes-line { fill: var(--warn); }
`;

const NARROW_SCREENS = `
@media (max-width: 60rem) { .sides { grid-template-columns: 1fr; } }
@media (max-width: 40rem) {
  .card > .facts > div { grid-template-columns: 1fr; gap: 0; }
  table { min-width: 38rem; }
  .card { padding: .5rem .7rem; }
}
`;

/** On paper: dark on light whatever the screen is like, everything opened, nothing torn that can be kept whole. */
const PAPER = `
@media print {
  :root { color-scheme: light; ${LIGHT} }
  @page { margin: 15mm 12mm; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  nav, .skip, #filter { display: none; }
  .scroll { overflow: visible; }
  details::details-content { content-visibility: visible; display: block; height: auto; }
  h2, h3, h4, .kind, caption { break-after: avoid; }
  .box, tr, .verdict, .summary { break-inside: avoid; }
  thead { display: table-header-group; }
  table { font-size: 9pt; }
}
`;

/** The one style sheet of the page. */
export const STYLE = `
:root { color-scheme: light dark; ${LIGHT} }
@media (prefers-color-scheme: dark) { :root { ${DARK} } }
${TEXT}${PARTS}${DRAWINGS}${NARROW_SCREENS}${PAPER}`;
