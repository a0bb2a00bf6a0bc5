// A line as a mail or a ticket quotes it → the line. A file of its own, as several forms of text reach us that way.

const QUOTED = /^[>|\s]*/;

/** Without the marks of a quotation and the blanks before it. */
export function unquoted(line: string): string {
  return line.replace(QUOTED, '');
}
