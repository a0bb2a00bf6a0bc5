// The stretch of time that all charts show. One object holds it; whoever draws subscribes. Zooming keeps inside the recording and
// stops at a few bins.

export interface Stretch {
  readonly from: number;
  readonly to: number;
}

export class View {
  private readonly whole: Stretch;
  private readonly least: number;
  private shown: Stretch;
  private readonly listeners: ((shown: Stretch) => void)[] = [];

  /** `least` is the shortest stretch that can be shown, ms. */
  constructor(whole: Stretch, least: number) {
    this.whole = whole;
    this.shown = whole;
    this.least = Math.min(least, whole.to - whole.from);
  }

  get now(): Stretch {
    return this.shown;
  }

  onChange(listener: (shown: Stretch) => void): void {
    this.listeners.push(listener);
  }

  show(from: number, to: number): void {
    const { whole } = this;
    const width = Math.min(whole.to - whole.from, Math.max(this.least, to - from));
    const start = Math.min(Math.max(whole.from, (from + to - width) / 2), whole.to - width);
    this.shown = { from: start, to: start + width };
    for (const listener of this.listeners) listener(this.shown);
  }

  all(): void {
    this.show(this.whole.from, this.whole.to);
  }

  /** Shows `factor` times as much time; the moment `around` stays where it is. */
  zoom(factor: number, around = (this.shown.from + this.shown.to) / 2): void {
    const { from, to } = this.shown;
    const width = Math.min(this.whole.to - this.whole.from, Math.max(this.least, (to - from) * factor));
    const start = around - ((around - from) / (to - from)) * width;
    this.show(start, start + width);
  }

  /** Moves by a share of what is shown. */
  move(share: number): void {
    const { from, to } = this.shown;
    const by = (to - from) * share;
    this.show(from + by, to + by);
  }
}
