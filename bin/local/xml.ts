import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { RequestFault } from './http-messages';

const NAMED: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** An element with text in it. */
export function textElement(name: string, text: string | number | boolean): string {
  // Line ends and other control characters would not come back as they were.
  const escaped = String(text).replace(
    // eslint-disable-next-line no-control-regex
    /[&<>"\u0000-\u001f]/g,
    (character) => NAMED[character] ?? `&#x${character.charCodeAt(0).toString(16)};`,
  );
  return `<${name}>${escaped}</${name}>`;
}

/** An element with elements in it. */
export function element(name: string, children: readonly string[], namespace?: string): string {
  const xmlns = namespace === undefined ? '' : ` xmlns="${namespace}"`;
  return `<${name}${xmlns}>${children.join('')}</${name}>`;
}

/** Answers with one XML document. */
export function sendXml(res: ServerResponse, status: number, root: string, headers: OutgoingHttpHeaders = {}): void {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n${root}`;
  res.writeHead(status, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(body), ...headers });
  res.end(body);
}

/** An element of a document that was read. */
export interface XmlElement {
  readonly name: string;
  readonly children: XmlElement[];
  text: string;
}

/** What a document is made of; no document type, no CDATA: clients write neither. */
const TOKEN = /<\?[^>]*\?>|<!--[\s\S]*?-->|<(\/?)([A-Za-z_][\w.-]*)([^<>]*?)(\/?)>|([^<]+)/gy;

/**
 * Reads the kind of XML that clients of AWS send.
 *
 * @throws RequestFault 400 MalformedXML
 */
export function parseXml(document: string): XmlElement {
  const root: XmlElement = { name: '', children: [], text: '' };
  const open = [root];
  let read = 0;
  for (const [token, closing, name, , empty, text] of document.matchAll(TOKEN)) {
    read += token.length;
    const current = open.at(-1) ?? root;
    if (text !== undefined) current.text += unescapeXml(text);
    else if (name !== undefined && closing === '/') {
      if (current.name !== name || open.length === 1) throw malformed(`</${name}> ends nothing that is open`);
      open.pop();
    } else if (name !== undefined) {
      const next: XmlElement = { name, children: [], text: '' };
      current.children.push(next);
      if (empty !== '/') open.push(next);
    }
  }
  const [top] = root.children;
  if (read < document.length || open.length > 1 || top === undefined || root.children.length > 1) {
    throw malformed('it does not end where it should, or has what no client sends');
  }
  return top;
}

export function childText({ children }: XmlElement, name: string): string | undefined {
  return children.find((child) => child.name === name)?.text;
}

function unescapeXml(text: string): string {
  return text.replace(
    /&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));?/g,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) {
        const known = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }[name];
        if (known === undefined) throw malformed(`the entity ${whole} is not known`);
        return known;
      }
      const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
      if (code > 0x10ffff) throw malformed(`${whole} is no character`);
      return String.fromCodePoint(code);
    },
  );
}

function malformed(detail: string): RequestFault {
  return new RequestFault(400, 'MalformedXML', `the document is not well-formed XML: ${detail}`);
}
