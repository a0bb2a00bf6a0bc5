// The time after which something ends that can end earlier in other ways: a timer to race against, which is let go of when another came first, as
// a timer that nobody awaits would keep the process.

export interface TimeUp {
  /** Settles when the time is up; never where there is none. */
  readonly over: Promise<'time'>;
  readonly cancel: () => void;
}

/** Counted from now on; without seconds the time is never up. */
export function timeUp(seconds: number | undefined): TimeUp {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<'time'>((settle) => {
    if (seconds !== undefined) timer = setTimeout(() => settle('time'), seconds * 1000);
  });
  return { over, cancel: () => clearTimeout(timer) };
}
