// Kernel addresses → function names, from the text of /proc/kallsyms kept with the recording.
// A return address points behind its call, so the symbol is the last one at or below the address.

/** The kernel's text symbols in order of address. */
export class Symbols {
  private readonly addresses: BigUint64Array;
  private readonly names: readonly string[];
  private readonly cache = new Map<bigint, string>();

  constructor(kallsyms: string) {
    const rows: { address: bigint; name: string }[] = [];
    for (const match of kallsyms.matchAll(/^([0-9a-f]{8,16}) [tTwW] (\S+)/gm)) {
      rows.push({ address: BigInt(`0x${match[1]}`), name: match[2] ?? '' });
    }
    rows.sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
    this.addresses = BigUint64Array.from(rows, (row) => row.address);
    this.names = rows.map((row) => row.name);
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
    let low = 0;
    let high = this.addresses.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.addresses[middle] ?? 0n) <= address) low = middle + 1;
      else high = middle;
    }
    const name = this.names[low - 1];
    return name === undefined
      ? `0x${address.toString(16)}`
      : name.replace(/\.(?:constprop|isra|part|cold|llvm).*$/, '');
  }
}
