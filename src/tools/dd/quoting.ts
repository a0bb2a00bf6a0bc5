// How dd writes names and values from outside into its messages, by the locale: in ‘’ where it is UTF-8, in '' elsewhere; names of files as a
// shell takes them. Source: coreutils' manual, "Formatting file names"; C's escapes for what can't be printed.

const ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};
// eslint-disable-next-line no-control-regex
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\p{Cs}\p{Cn}\p{Co}]/u;

export interface Quoting {
  /** A value: ‘12q’. */
  readonly value: (text: string) => string;
  /** A name of a file, always in quotes: 'a b'. */
  readonly file: (name: string) => string;
  /** The same, and without quotes where a shell needs none: /etc/hostname. */
  readonly bareFile: (name: string) => string;
}

function escaped(character: string): string {
  const known = ESCAPES[character];
  if (known !== undefined) return known;
  return [...Buffer.from(character)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}

function isPrinted(character: string, isUtf8: boolean): boolean {
  return !UNPRINTABLE.test(character) && (isUtf8 || character <= '~');
}

function quotedValue(text: string, isUtf8: boolean): string {
  const [open, close] = isUtf8 ? ['‘', '’'] : ["'", "'"];
  const inner = Array.from(text, (character) => {
    if (character === '\\' || character === close) return `\\${character}`;
    return isPrinted(character, isUtf8) ? character : escaped(character);
  });
  return `${open}${inner.join('')}${close}`;
}

/** Stretches that print in '…', others in $'…', each next to the other, as a shell joins them. */
function shellQuoted(name: string, isUtf8: boolean): string {
  const characters = Array.from(name);
  const allPrint = characters.every((character) => isPrinted(character, isUtf8));
  if (allPrint && name.includes("'") && !/["$`\\!]/.test(name)) return `"${name}"`;
  let text = "'";
  let inEscapes = false;
  for (const character of characters) {
    if (isPrinted(character, isUtf8)) {
      if (inEscapes) text += "''";
      inEscapes = false;
      text += character === "'" ? String.raw`'\''` : character;
    } else {
      if (!inEscapes) text += "'$'";
      inEscapes = true;
      text += escaped(character);
    }
  }
  return `${text}'`;
}

const NEEDS_QUOTES = /[\s!"#$&'()*;<=>?[\\\]^`{|}~]/;

function needsQuotes(name: string, isUtf8: boolean): boolean {
  return name === '' || NEEDS_QUOTES.test(name) || !Array.from(name).every((character) => isPrinted(character, isUtf8));
}

export function quotingFor(isUtf8: boolean): Quoting {
  return {
    value: (text) => quotedValue(text, isUtf8),
    file: (name) => shellQuoted(name, isUtf8),
    bareFile: (name) => (needsQuotes(name, isUtf8) ? shellQuoted(name, isUtf8) : name),
  };
}
