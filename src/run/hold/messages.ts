// What the process that holds memory is told, and what it says.

export const HOWS = ['tmpfs', 'anonymous', 'cgroup'] as const;
export type How = (typeof HOWS)[number];

export interface HoldTask {
  readonly how: How;
  readonly bytes: number;
  readonly reserve: number;
  readonly pageBytes: number;
  /** Whether pages of a process may be moved to swap where it runs. */
  readonly maySwap: boolean;
}

export type FromHolder =
  /** So many bytes are held so far. */
  | { readonly kind: 'filling'; readonly held: number }
  /** No more is taken: all is held, or less where something was given back on the way. `maySwap`: the kernel may move it to swap. */
  | { readonly kind: 'held'; readonly held: number; readonly maySwap: boolean }
  | { readonly kind: 'gave back'; readonly held: number; readonly bytes: number; readonly why: 'reserve' | 'pressure' }
  | { readonly kind: 'failed'; readonly why: string };
