// The layout of an event, learned from its `format` file in tracefs: layouts differ between kernels, so none is written down here.
//
//   name: block_rq_issue
//   ID: 2104
//   format:
//   	field:dev_t dev;	offset:8;	size:4;	signed:0;
//   	field:char rwbs[10];	offset:34;	size:10;	signed:0;
//   	field:__data_loc char[] cmd;	offset:60;	size:4;	signed:0;
//
// Source: Documentation/trace/events.rst, section 2.2 'Event formats'.

/** The kernel's descriptions of its events have some thousand letters; the longest stands under 10 kB. */
export const MOST_FORMAT = 64 * 1024;

export interface Field {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  readonly signed: boolean;
  /** 'text' is a char array in place; 'text-elsewhere' a __data_loc word (offset in the low, length in the high 16 bits). */
  readonly kind: 'number' | 'text' | 'text-elsewhere' | 'array';
}

export interface EventFormat {
  readonly name: string;
  readonly id: number;
  readonly fields: readonly Field[];
}

/** The kernel's lines are shorter by far. */
const MOST_LINE = 512;
const FIELD = /^\s*field:(.+?);\s*offset:(\d+);\s*size:(\d+);(?:\s*signed:([01]);)?/;

function kindOf(declaration: string, size: number): Field['kind'] {
  if (/^__data_loc\b.*\bchar\b/.test(declaration)) return 'text-elsewhere';
  if (/\bchar\b[^*]*\[[^\]]*\]$/.test(declaration)) return 'text';
  return declaration.endsWith(']') || ![1, 2, 4, 8].includes(size) ? 'array' : 'number';
}

/** Parses one format file; undefined where it is not one. */
export function parseFormat(text: string): EventFormat | undefined {
  const name = /^name: (\S+)$/m.exec(text)?.[1];
  const id = /^ID: (\d+)$/m.exec(text)?.[1];
  if (name === undefined || id === undefined) return undefined;
  const fields: Field[] = [];
  for (const line of text.split('\n')) {
    const match = line.length > MOST_LINE ? undefined : FIELD.exec(line);
    if (!match) continue;
    const declaration = (match[1] ?? '').trim();
    const size = Number(match[3]);
    const bare = declaration.replace(/\[[^\]]*\]$/, '');
    fields.push({
      name: /(\w+)$/.exec(bare)?.[1] ?? bare,
      offset: Number(match[2]),
      size,
      signed: match[4] === '1',
      kind: kindOf(declaration, size),
    });
  }
  return { name, id: Number(id), fields };
}
