import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';

const STYLE = `
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; color: #1a1a1a; background: #f5f5f5; }
main { box-sizing: border-box; max-width: 28rem; margin: 10vh auto 0; padding: 2rem; background: #fff; border: 1px solid #767676; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; }
button { display: block; width: 100%; min-height: 3rem; margin-top: 1rem; padding: 0.5rem 1rem; font: inherit; text-align: left; color: #1a1a1a; background: #fff; border: 2px solid #0b57d0; cursor: pointer; }
button:focus-visible { outline: 3px solid #0b57d0; outline-offset: 3px; }
`;

/** Answers with a page of the local run. `title` and `content` are HTML; `style` is CSS beside that of all pages. */
export function sendPage(res: ServerResponse, status: number, title: string, content: string, style = ''): void {
  const css = `${STYLE}${style}`;
  const hash = createHash('sha256').update(css).digest('base64');
  const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} - local run</title>
<style>${css}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`;
  res.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(page),
    'cache-control': 'no-store',
    'content-security-policy': `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; frame-ancestors 'none'`,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  });
  res.end(page);
}

/** `text` as HTML. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);
}
