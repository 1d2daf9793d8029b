/** HTML that is safe to put in a page. Only {@link html} creates it, so that no text is unescaped. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A value in a template: text is escaped, HTML is kept, lists are joined, undefined becomes empty. */
export type Part = Html | string | number | undefined | readonly Part[];

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

// C0 controls except tab and line ends, which HTML does not allow in text, and marks that change the direction of text.
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern has to match them.
const unprintable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Escapes text for elements and quoted attributes; unprintable characters become U+FFFD.
 *
 * @param text any text, untrusted
 */
function escapeHtml(text: string): string {
  return text.replace(unprintable, '\ufffd').replace(/[&<>"']/g, (character) => escapes[character] ?? character);
}

function render(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(render).join('');
  return escapeHtml(String(part));
}

/** @returns the text as a link, if the address is one of the web; else the text alone */
export function linked(text: string, address: string | undefined): Html {
  return address !== undefined && /^https?:\/\//.test(address) ? html`<a href="${address}">${text}</a>` : html`${text}`;
}

/** Template tag that escapes every value except HTML from this tag. Attributes must be quoted. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.map((string, index) => string + render(parts[index])).join(''));
}
