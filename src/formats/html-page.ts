import { createHash } from 'node:crypto';
import { type Markup, markup, type Piece, trusted } from './html-markup.js';
import { SCRIPT } from './html-script.js';
import { STYLE } from './html-style.js';

export interface PageShape {
  readonly title: string;
  readonly body: Piece;
  /** Without a table of hosts a page needs no script. */
  readonly script?: boolean;
}

/**
 * A whole page that needs nothing but itself. Its policy lets a browser run our one style sheet and our one script and
 * nothing else, whatever stands in the page.
 */
export function page({ title, body, script = true }: PageShape): string {
  return markup`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${pagePolicy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
${SIGNS}
<main id="main" tabindex="-1">
${body}
</main>
${script && markup`<script>${trusted(SCRIPT)}</script>`}
</body>
</html>
`.text;
}

/** What a browser may do for such a page, as a Content-Security-Policy. */
export function pagePolicy(): string {
  return [
    "default-src 'none'",
    `style-src ${hashOf(STYLE)}`,
    `script-src ${hashOf(SCRIPT)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/** Each tone has a shape of its own, so that it can be told without its colour. */
const SIGNS: Markup = markup`<svg width="0" height="0" class="signs" aria-hidden="true"><defs>
<symbol id="icon-ok" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7.5"/>\
<path class="mark" d="M4.5 8.5l2.5 2.5 4.5-5.5"/></symbol>
<symbol id="icon-error" viewBox="0 0 16 16"><path d="M5 .5h6L15.5 5v6L11 15.5H5L.5 11V5z"/>\
<path class="mark" d="M5.3 5.3l5.4 5.4m0-5.4l-5.4 5.4"/></symbol>
<symbol id="icon-warn" viewBox="0 0 16 16"><path d="M8 .8L15.7 15H.3z"/>\
<path class="mark" d="M8 5.5v4.5m0 1.800v1.4"/></symbol>
<symbol id="icon-unknown" viewBox="0 0 16 16"><rect x=".5" y=".5" width="15" height="15" rx="3"/>\
<path class="mark" d="M5.7 6a2.3 2.3 0 1 1 3.3 2.100c-.7.3-1 .8-1 1.600m0 1.5v1.4"/></symbol>
<symbol id="icon-muted" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7.5"/><path class="mark" d="M4.5 8h7"/></symbol>
<pattern id="stripes" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">\
<rect class="stripes-gap" width="4" height="4"/><rect class="stripes-line" width="2" height="4"/></pattern>
</defs></svg>`;
