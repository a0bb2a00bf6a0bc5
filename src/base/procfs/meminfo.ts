// What of /proc/meminfo several read in the same way. Its figures are kB, which are of 1024 bytes.
// Source: Documentation/filesystems/proc.rst, meminfo. In base, as several tools ask it.

const KB = 1024;

/**
 * Bytes that programs can have without swapping; of kernels before 3.14, which do not tell, those that nobody has, which are fewer. Undefined where
 * neither is told. `values`: the figures of /proc/meminfo by key.
 */
export function availableBytes(values: ReadonlyMap<string, number>): number | undefined {
  const kilobytes = values.get('MemAvailable') ?? values.get('MemFree');
  return kilobytes === undefined ? undefined : kilobytes * KB;
}
