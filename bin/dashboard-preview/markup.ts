const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it stands in HTML and in its attributes. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
}

/** The Markdown of text widgets: headings of the second level, paragraphs, bold and code. */
export function markdownHtml(markdown: string): string {
  return markdown
    .split('\n')
    .map((line) => {
      const heading = /^## (.*)$/.exec(line)?.[1];
      return heading === undefined ? `<p>${inline(line)}</p>` : `<h2>${inline(heading)}</h2>`;
    })
    .join('');
}

function inline(text: string): string {
  return escapeText(text)
    .replace(/\*\*(.+?)\*\*/g, '<strong>$1</strong>')
    .replace(/`(.+?)`/g, '<code>$1</code>');
}
