// What a reader of a large file tells while it reads, so that somebody can say how far it is.

/** The bytes of a file that have been read, from its beginning to here, as they lie on disk. */
export type ReadTo = (file: string, bytes: number) => void;
