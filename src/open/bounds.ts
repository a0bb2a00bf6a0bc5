// What is decoded at once and kept of it, of recordings and of what other tools traced alike.

/**
 * Trace pages that are decoded at once, at most: some fifteen million events of 65 bytes, which take 70 to 92 bytes each in memory with all
 * that is made of them (bench/results/long-recordings.md).
 */
export const MOST_TRACE_BYTES = 960 * 1024 ** 2;
/** What is kept of events, as so many times their bytes: a row of 60 bytes takes 11 in a deflated page. */
export const EVENTS_TIMES = 16;
/** And this much besides. */
export const KEPT_BESIDES = 64 * 1024 * 1024;
