// Memory that O_DIRECT takes. Disks want it aligned to their dma_alignment (511 on most, so 512 bytes), and node:fs says nothing of addresses.

/// <reference lib="es2024.arraybuffer" />

/** A block that starts at a page's first byte: a resizable ArrayBuffer is the one kind that V8 maps by itself. */
export function alignedBlock(bytes: number): Buffer {
  return Buffer.from(new ArrayBuffer(bytes, { maxByteLength: bytes }));
}
