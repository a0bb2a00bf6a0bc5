/** What no zstd stream has, or none that is read: the message is the end of a sentence. */
export class Damaged extends Error {
  override readonly name = 'Damaged';
}
