import { convert } from 'html-to-text';
import { z } from 'zod';
import { ToolError, toolHandler } from '../../../lib/gateway/tool-handler';
import { allowedAddress } from './allowed-sites';

export const READ_PAGE_INPUT = z.object({
  url: z.string().describe('The address of the page, beginning with https://'),
});

/** Names of the sites that may be read, with commas between them. */
export const ALLOWED_SITES_VARIABLE = 'ALLOWED_SITES';

const MAX_REDIRECTS = 5;
const MAX_BYTES = 2_000_000;
/** About 5,000 tokens: enough for an article, and no conversation full of one page. */
const MAX_CHARACTERS = 20_000;

/** The tool `read_page`: the text of a page of one of a few sites. */
export const handler = toolHandler({
  input: READ_PAGE_INPUT,
  handle: ({ url }, { signal }) => readPage(url, sites(process.env[ALLOWED_SITES_VARIABLE]), signal),
});

async function readPage(
  address: string,
  allowed: readonly string[],
  signal: AbortSignal,
): Promise<{ url: string; text: string }> {
  const { url, response } = await follow(address, allowed, signal);
  const type = response.headers.get('content-type') ?? '';
  if (!/^text\/|^application\/(?:json|xhtml\+xml)/.test(type)) {
    await response.body?.cancel();
    throw new ToolError(`${url.href} is ${type || 'of no known type'}; this tool reads text and HTML only`);
  }
  const source = await textOf(response);
  const text = /html/.test(type) ? convert(source, HTML) : source;
  const rest = text.length - MAX_CHARACTERS;
  return { url: url.href, text: rest > 0 ? `${text.slice(0, MAX_CHARACTERS)}\n[${rest} more characters]` : text };
}

const HTML = {
  wordwrap: false as const,
  selectors: [
    { selector: 'a', options: { ignoreHref: true } },
    ...['img', 'nav', 'footer', 'script', 'style'].map((selector) => ({ selector, format: 'skip' })),
  ],
};

/** Goes on by itself when a page has moved, because each address on the way has to be on the list. */
async function follow(
  address: string,
  allowed: readonly string[],
  signal: AbortSignal,
): Promise<{ url: URL; response: Response }> {
  let next = address;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const url = allowedAddress(next, allowed);
    const response = await reach(url, signal);
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || location === null) {
      if (response.ok) return { url, response };
      await response.body?.cancel();
      throw new ToolError(`${url.href} answered ${response.status}; look for the page under another address`);
    }
    await response.body?.cancel();
    next = new URL(location, url).href;
  }
  throw new ToolError(`${address} leads from one address to the next, more than ${MAX_REDIRECTS} times`);
}

async function reach(url: URL, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { redirect: 'manual', signal, headers: { accept: 'text/html, text/plain, */*;q=0.1' } });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ToolError(`${url.hostname} cannot be reached; try again later, or another page`);
  }
}

async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) {
      throw new ToolError(`the page has more than ${MAX_BYTES / 1_000_000} MB; read a smaller one`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function sites(variable: string | undefined): string[] {
  return (variable ?? '')
    .split(',')
    .map((site) => site.trim().toLowerCase())
    .filter((site) => site !== '');
}
