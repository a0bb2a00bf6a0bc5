// A part of a recording that is looked at instead of the whole, and why.

/** Times in ms since the recording's start. */
export interface Part {
  readonly from: number;
  readonly to: number;
  /** How long the whole lasts, ms. */
  readonly wholeMs: number;
  /** True where somebody asked for these bounds, be they those of the whole. */
  readonly asked?: true;
  /** Where nobody asked for it: what it was chosen by, in words, and the bytes of trace that were too many. */
  readonly chosen?: { readonly by: string; readonly traceBytes: number };
}
