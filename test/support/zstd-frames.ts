// Frames of zstd that no compressor makes, put together by hand.

export const FORM = { plain: 0, repeated: 1, compressed: 2, reserved: 3 } as const;
/** Exponents of windows, above 2 ** 10. */
const WINDOW = { '512K': 9, '128M': 17, '256M': 18 } as const;

export function block(form: number, size: number, data: readonly number[], isLast = false): Buffer {
  const head = Buffer.alloc(3);
  head.writeUIntLE((size << 3) | (form << 1) | Number(isLast), 0, 3);
  return Buffer.concat([head, Uint8Array.from(data)]);
}

/** A frame with these blocks: by default of a window of 512 KiB, without a checksum. */
export function frame(blocks: readonly Buffer[], flags = 0, window: keyof typeof WINDOW = '512K'): Buffer {
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, flags, WINDOW[window] << 3]), ...blocks]);
}
