// A result as JSON. Control and bidirectional characters are written as \u escapes, so that the
// text is safe on a terminal and still carries every name exactly.

// JSON.stringify already escapes U+0000 to U+001F and lone surrogates.
const UNSAFE = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** One JSON document, indented by two spaces or in one line, without a line break at its end. */
export function renderJson(value: object, indent: 0 | 2 = 2): string {
  return JSON.stringify(value, null, indent).replace(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
