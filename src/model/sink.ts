// Where capture puts what it reads. The recording implements it, so that capture knows nothing of files on disk.

/** Takes raw bytes as they were read. Never blocks: what can't be kept is dropped by the implementation and counted as a loss. */
export interface Sink {
  /** One reading of one file; `text` is the whole content. `atNs` is CLOCK_MONOTONIC. */
  reading(path: string, text: string | Uint8Array, atNs: bigint): void;
  /** A reading that failed, with the errno's name. */
  failure(path: string, errno: string, atNs: bigint): void;
  /** Raw trace pages of one CPU of one trace instance, each page with its 16-byte header, unused tails cut off. The bytes are copied. */
  pages(instance: string, cpu: number, bytes: Uint8Array): void;
  /** A file of its own in the recording, e.g. 'trace/events/block/block_rq_issue/format'. */
  file(name: string, content: Uint8Array): void;
}

/** Gives everything to both. */
export function bothSinks(one: Sink, other: Sink): Sink {
  return {
    reading(path, text, atNs) {
      one.reading(path, text, atNs);
      other.reading(path, text, atNs);
    },
    failure(path, errno, atNs) {
      one.failure(path, errno, atNs);
      other.failure(path, errno, atNs);
    },
    pages(instance, cpu, bytes) {
      one.pages(instance, cpu, bytes);
      other.pages(instance, cpu, bytes);
    },
    file(name, content) {
      one.file(name, content);
      other.file(name, content);
    },
  };
}
