// The few largest of many, found in one walk and without a copy of all.

export class Largest {
  /** How many were offered. */
  offered = 0;
  private readonly most: number;
  private readonly kept: { readonly row: number; readonly size: number }[] = [];

  constructor(most: number) {
    this.most = most;
  }

  offer(row: number, size: number): void {
    this.offered += 1;
    const { kept, most } = this;
    if (kept.length === most && !(size > (kept.at(-1)?.size ?? Infinity))) return;
    let at = kept.length;
    while (at > 0 && (kept[at - 1]?.size ?? Infinity) < size) at -= 1;
    kept.splice(at, 0, { row, size });
    if (kept.length > most) kept.pop();
  }

  /** The largest first; of equal ones the one that was offered first. */
  rows(): number[] {
    return this.kept.map(({ row }) => row);
  }
}
