// A line over time as rows of braille characters, each two dots wide and four high: filled from the ground to the value, the newest on the right.

const DOTS_WIDE = 2;
const DOTS_HIGH = 4;
const FIRST = 0x2800;
/** The bit of each dot, by column and from the ground up (Unicode, Braille Patterns). */
const BITS = [
  [0x40, 0x04, 0x02, 0x01],
  [0x80, 0x20, 0x10, 0x08],
] as const;

/**
 * `values`: the last of them are drawn, one a column of dots; NaN is a gap. `most` is the top; any value above 0 has a dot at least. Rows from the top,
 * each `width` characters.
 */
export function drawBraille(values: readonly number[], most: number, width: number, height: number): string[] {
  const columns = width * DOTS_WIDE;
  const rows = height * DOTS_HIGH;
  const shown = values.slice(-columns);
  const empty = columns - shown.length;
  const cells = Array.from({ length: height }, () => new Uint8Array(width));
  shown.forEach((value, at) => {
    if (!(value > 0) || !(most > 0)) return;
    const column = empty + at;
    const dots = Math.max(1, Math.min(rows, Math.round((value / most) * rows)));
    for (let dot = 0; dot < dots; dot += 1) {
      const row = cells[height - 1 - Math.floor(dot / DOTS_HIGH)];
      const cell = Math.floor(column / DOTS_WIDE);
      if (row) row[cell] = (row[cell] ?? 0) | (BITS[column % DOTS_WIDE]?.[dot % DOTS_HIGH] ?? 0);
    }
  });
  return cells.map((row) => Array.from(row, (bits) => (bits === 0 ? ' ' : String.fromCharCode(FIRST + bits))).join(''));
}
