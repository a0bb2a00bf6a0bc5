// A pause that holds the thread up, where a turn of the event loop is not to be had or costs too much.

const CELL = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/** Stops this thread for so long, ms: nobody wakes it before its time. */
export function sleepHere(ms: number): void {
  Atomics.wait(CELL, 0, 0, ms);
}
