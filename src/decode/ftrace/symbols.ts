// Kernel addresses → function names, from the text of /proc/kallsyms kept with the recording.
// A return address points behind its call, so the symbol is the last one at or below the address.
// A kernel has hundreds of thousands of them and a recording's stacks name a few hundred, so the text is kept and names are cut out of it
// when they are asked for. Addresses stand in two halves, as only those of some architectures fit a double.

import { detached } from '../../base/detached.js';

/** Ten times the symbols of a distribution's kernel with all its modules, which has 155,000. */
export const MOST_SYMBOLS = 64 * 1024 * 1024;

const SPACE = 32;
const DIGITS = { least: 8, most: 16 };
const FUNCTIONS = 'tTwW';

/** A function's name without what the compiler adds to one that it has split or specialised. */
export function bareName(name: string): string {
  return name.replace(/\.(?:constprop|isra|part|cold|llvm).*$/, '');
}

/** The kernel's text symbols in order of address. */
export class Symbols {
  private readonly text: string;
  private high = new Uint32Array(1024);
  private low = new Uint32Array(1024);
  /** Where each name begins in the text. */
  private names = new Uint32Array(1024);
  private length = 0;
  private readonly order: Uint32Array | undefined;
  private readonly cache = new Map<bigint, string>();

  constructor(kallsyms: string) {
    this.text = kallsyms;
    for (let at = 0; at < kallsyms.length;) {
      const found = kallsyms.indexOf('\n', at);
      this.takeLine(at, found < 0 ? kallsyms.length : found);
      at = found < 0 ? kallsyms.length : found + 1;
    }
    this.order = this.isSorted() ? undefined : this.sorted();
  }

  /** 'ffffffff81000000 T _stext', with the module's name behind it where it is one's. */
  private takeLine(from: number, end: number): void {
    const { text } = this;
    let at = from;
    let high = 0;
    let low = 0;
    for (; at < end; at += 1) {
      const digit = hexDigit(text.charCodeAt(at));
      if (digit < 0) break;
      high = ((high << 4) | (low >>> 28)) >>> 0;
      low = ((low << 4) | digit) >>> 0;
    }
    const digits = at - from;
    const isLine =
      digits >= DIGITS.least &&
      digits <= DIGITS.most &&
      text.charCodeAt(at) === SPACE &&
      FUNCTIONS.includes(text.charAt(at + 1)) &&
      text.charCodeAt(at + 2) === SPACE &&
      at + 3 < end &&
      text.charCodeAt(at + 3) > SPACE;
    if (!isLine) return;
    if (this.length === this.high.length) this.grow();
    this.high[this.length] = high;
    this.low[this.length] = low;
    this.names[this.length] = at + 3;
    this.length += 1;
  }

  private grow(): void {
    const longer = (from: Uint32Array) => {
      const to = new Uint32Array(from.length * 2);
      to.set(from);
      return to;
    };
    this.high = longer(this.high);
    this.low = longer(this.low);
    this.names = longer(this.names);
  }

  private compare(a: number, b: number): number {
    return (this.high[a] ?? 0) - (this.high[b] ?? 0) || (this.low[a] ?? 0) - (this.low[b] ?? 0);
  }

  private isSorted(): boolean {
    for (let row = 1; row < this.length; row += 1) if (this.compare(row - 1, row) > 0) return false;
    return true;
  }

  /** The kernel's own symbols come in order, those of modules behind them. */
  private sorted(): Uint32Array {
    return Uint32Array.from({ length: this.length }, (_, row) => row).sort((a, b) => this.compare(a, b) || a - b);
  }

  /** The function's name without compiler suffixes such as `.constprop.0` or `.isra.3`; '0x…' where there is none. */
  name(address: bigint): string {
    const known = this.cache.get(address);
    if (known !== undefined) return known;
    const found = this.lookUp(address);
    this.cache.set(address, found);
    return found;
  }

  private lookUp(address: bigint): string {
    const addressHigh = Number(BigInt.asUintN(64, address) >> 32n);
    const addressLow = Number(address & 0xffff_ffffn);
    const rowAt = (index: number) => this.order?.[index] ?? index;
    let from = 0;
    let to = this.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const row = rowAt(middle);
      const high = this.high[row] ?? 0;
      if (high < addressHigh || (high === addressHigh && (this.low[row] ?? 0) <= addressLow)) from = middle + 1;
      else to = middle;
    }
    if (from === 0) return `0x${address.toString(16)}`;
    return this.nameAt(this.names[rowAt(from - 1)] ?? 0);
  }

  private nameAt(from: number): string {
    let end = from;
    while (this.text.charCodeAt(end) > SPACE) end += 1;
    // A copy, so that the whole table goes with this object.
    return bareName(detached(this.text.slice(from, end)));
  }
}

/** -1 for what is none. */
function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  return code >= 97 && code <= 102 ? code - 87 : -1;
}
