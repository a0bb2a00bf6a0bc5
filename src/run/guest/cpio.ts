// Files → the archive that a kernel unpacks as its first root, before it has any driver for another.
//
//   070701 INO MODE UID GID NLINK MTIME SIZE MAJ MIN RMAJ RMIN NAMELEN CHECK   each 8 hexadecimal digits behind the magic's 6
//   NAME\0 padded to 4 bytes (header included), then the bytes, padded to 4
//
// Source: Documentation/driver-api/early-userspace/buffer-format.rst, the format 'newc'.

export interface ArchiveEntry {
  /** Without a slash at its beginning. */
  readonly name: string;
  /** As of stat(2), the kind of file included. */
  readonly mode: number;
  readonly content: Buffer;
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

function entryBytes({ name, mode, content }: ArchiveEntry, inode: number): Buffer {
  const path = Buffer.from(`${name}\0`);
  const fields = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, path.length, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
  return Buffer.concat([padded(Buffer.concat([Buffer.from(header), path])), padded(content)]);
}

/** The archive; folders must stand before what is in them. */
export function cpioArchive(entries: readonly ArchiveEntry[]): Buffer {
  const end: ArchiveEntry = { name: 'TRAILER!!!', mode: 0, content: Buffer.alloc(0) };
  return Buffer.concat([...entries, end].map((entry, index) => entryBytes(entry, index + 1)));
}
