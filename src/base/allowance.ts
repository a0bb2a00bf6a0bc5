// How much may be kept of an input that anybody may have made: so many bytes, and so many more for each byte that the input itself has.
// The bound grows with the input, so that a long recording is never cut; what is small and claims to be large reaches it. Costs are what
// their takers estimate of V8's objects and arrays, within a factor of two.

export class Allowance {
  private readonly perByte: number;
  private left: number;
  /** How often something was refused. */
  refused = 0;

  constructor(bytes: number, perByte = 0) {
    this.left = bytes;
    this.perByte = perByte;
  }

  /** The input has shown so many bytes more. */
  grow(inputBytes: number): void {
    this.left += inputBytes * this.perByte;
  }

  /** What was taken was not needed. */
  giveBack(bytes: number): void {
    this.left += bytes;
  }

  /** Takes so many bytes; false where there are not so many left, and then nothing is taken. */
  take(bytes: number): boolean {
    if (bytes > this.left) {
      this.refuse();
      return false;
    }
    this.left -= bytes;
    return true;
  }

  /** Something was passed over because another bound is reached. */
  refuse(): void {
    this.refused += 1;
  }
}

/** For an input that this program makes itself, and forgets again. */
export function unbounded(): Allowance {
  return new Allowance(Infinity);
}
