// Reads TypeScript as text, well enough to tell imports and uses from comments and strings. TypeScript 7 has no JavaScript
// API to ask, and esbuild forgets type imports. The blanked text keeps its length, so offsets still give the line.

export interface Import {
  /** The module's name as written; undefined where a dynamic import computes it. */
  readonly specifier: string | undefined;
  readonly line: number;
}

/** A regular expression may stand where a value may: after an operator, an opening bracket or one of these words. */
const BEFORE_REGEXP = /(?:^|[=(,:[!&|?{};+\-*%<>~^]|=>|\b(?:return|typeof|case|in|of|do|else|void|yield|await))\s*$/;
const TOKEN = /\/\/|\/\*|['"`{}]|\//g;

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}

/** Where the quoted text that begins at `start` ends; the quote itself included. */
function endOfQuote(text: string, start: number): number {
  const quote = text[start];
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === quote) return i + 1;
  }
  return text.length;
}

/** Where the regular expression that begins at `start` ends; a slash in a character class does not end it. */
function endOfRegExp(text: string, start: number): number {
  let inClass = false;
  for (let i = start + 1; i < text.length && text[i] !== '\n'; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '[') inClass = true;
    else if (text[i] === ']') inClass = false;
    else if (text[i] === '/' && !inClass) return i + 1;
  }
  return start + 1;
}

/** Where a template's text ends: at its closing backtick, or behind the `${` that opens code. */
function endOfTemplateText(text: string, start: number): { end: number; opensCode: boolean } {
  for (let i = start; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '`') return { end: i + 1, opensCode: false };
    else if (text[i] === '$' && text[i + 1] === '{') return { end: i + 2, opensCode: true };
  }
  return { end: text.length, opensCode: false };
}

/** The text with comments, regular expressions and, unless `keepQuotes`, the content of strings turned into spaces. */
export function codeOnly(text: string, keepQuotes = false): string {
  let code = '';
  let at = 0;
  // One entry for each open brace: whether it is the `${` of a template.
  const braces: boolean[] = [];
  const blankTo = (end: number): void => {
    code += blank(text.slice(at, end));
    at = end;
  };
  const template = (start: number): void => {
    const { end, opensCode } = endOfTemplateText(text, start);
    blankTo(end);
    if (opensCode) braces.push(true);
  };
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text);
    const next = token?.index ?? text.length;
    code += text.slice(at, next);
    at = next;
    if (token === null) break;
    const [mark] = token;
    if (mark === '//') {
      const end = text.indexOf('\n', at);
      blankTo(end < 0 ? text.length : end);
    } else if (mark === '/*') {
      const end = text.indexOf('*/', at + 2);
      blankTo(end < 0 ? text.length : end + 2);
    } else if (mark === '`') {
      template(at + 1);
    } else if (mark === '}' && braces.pop() === true) {
      template(at + 1);
    } else if (mark === "'" || mark === '"') {
      const end = endOfQuote(text, at);
      code += keepQuotes ? text.slice(at, end) : `${mark}${blank(text.slice(at + 1, end - 1))}${mark}`;
      at = end;
    } else if (mark === '/' && BEFORE_REGEXP.test(code)) {
      blankTo(endOfRegExp(text, at));
    } else {
      if (mark === '{') braces.push(false);
      code += mark;
      at += 1;
    }
  }
  return code;
}

export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

const STATEMENT = /^\s*(?:import|export)\b(?:[^;'"=()]*?\bfrom)?\s*(['"])([^'"\n]+)\1/gm;
const DYNAMIC = /\bimport\s*\(\s*(?:(['"])([^'"\n]+)\1)?/g;

/** All modules that a source names: import and export statements, types among them, and import(). */
export function importsOf(text: string): Import[] {
  const code = codeOnly(text, true);
  return [...code.matchAll(STATEMENT), ...code.matchAll(DYNAMIC)]
    .map((match) => ({ specifier: match[2], line: lineAt(code, match.index + match[0].search(/\S/)) }))
    .sort((a, b) => a.line - b.line);
}
