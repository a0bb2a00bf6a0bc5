// Raw trace pages → records: where each event's bytes lie and when it happened. Nothing is copied.
//
//   page:   u64 timestamp | u64 commit (bits 0–19 length, 30 missed count stored, 31 events missed) | data …
//   record: u32 header = type_len (5 bits) | time_delta (27 bits), then by type_len:
//     1–28  data of type_len * 4 bytes          0   u32 length (4 of it its own), then data
//     29    padding (u32 length; ends the page when time_delta is 0)
//     30    time extend: u32 holds delta bits 27–58   31  absolute time: u32 holds bits 27–58
//
// Source: include/linux/ring_buffer.h and kernel/trace/ring_buffer.c (Linux 2.6.28 and later); tracefs events/header_page and header_event.

const HEADER = 16;
const LENGTH_MASK = 0xf_ffff;
const MISSED_STORED = 0x4000_0000;
const MISSED = 0x8000_0000;
const TIME_SHIFT = 2 ** 27;

/** What the walk over pages reports. Offsets are into the chunk's view. */
export interface PageVisitor {
  /** One event: its data's offset and length in `view`, and its time in ns since `startNs`. */
  event(view: DataView, offset: number, length: number, ns: number): void;
  /** Events that the kernel lost before a page, which begins at `ns`; 0 where it does not say how many. */
  missed(count: number, ns: number): void;
  /** A page or record that makes no sense; the rest of that page is passed over. */
  malformed(offset: number, why: string): void;
}

/**
 * Walks the trimmed pages of one chunk up to the first that begins after `toNs`; false where there is one, as the pages of a CPU are in order
 * of time. Times count from `startNs` of the monotonic clock. Never throws on any bytes.
 */
export function walkPages(chunk: Uint8Array, startNs: bigint, visitor: PageVisitor, toNs = Infinity): boolean {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  let at = 0;
  while (at + HEADER <= chunk.byteLength) {
    const commit = view.getUint32(at + 8, true);
    const length = commit & LENGTH_MASK;
    const stored = (commit & MISSED_STORED) !== 0;
    const end = at + HEADER + length;
    const next = at + Math.ceil((HEADER + length + (stored ? 8 : 0)) / 8) * 8;
    if (end > chunk.byteLength) {
      visitor.malformed(at, `a trace page of ${length} bytes runs past its frame`);
      return true;
    }
    const pageNs = Number(view.getBigUint64(at, true) - startNs);
    if (pageNs > toNs) return false;
    if ((commit & MISSED) !== 0) {
      visitor.missed(stored && end + 8 <= chunk.byteLength ? Number(view.getBigUint64(end, true)) : 0, pageNs);
    }
    walkRecords(view, at + HEADER, end, pageNs, visitor);
    at = next;
  }
  return true;
}

function walkRecords(view: DataView, from: number, end: number, pageNs: number, visitor: PageVisitor): void {
  let at = from;
  let ns = pageNs;
  while (at + 4 <= end) {
    const header = view.getUint32(at, true);
    const type = header & 31;
    const delta = header >>> 5;
    if (type <= 28 && type > 0) {
      ns += delta;
      const length = type * 4;
      if (at + 4 + length > end) return visitor.malformed(at, 'an event runs past its page');
      visitor.event(view, at + 4, length, ns);
      at += 4 + length;
      continue;
    }
    if (at + 8 > end) {
      // A lone padding header may fill the last four bytes of a page.
      if (type !== 29) visitor.malformed(at, 'a record header is cut off');
      return;
    }
    const word = view.getUint32(at + 4, true);
    if (type === 0) {
      ns += delta;
      const length = word - 4;
      if (length < 0 || at + 8 + length > end) return visitor.malformed(at, `an event claims ${word} bytes`);
      visitor.event(view, at + 8, length, ns);
      at += 8 + Math.ceil(length / 4) * 4;
    } else if (type === 29) {
      if (delta === 0) return;
      ns += delta;
      if (word < 4) return visitor.malformed(at, `a padding record claims ${word} bytes`);
      at += 4 + word;
    } else if (type === 30) {
      ns += word * TIME_SHIFT + delta;
      at += 8;
    } else {
      // The absolute stamp has 59 bits: the page's own time supplies the rest, and both start from the same clock.
      ns = absoluteNs(word * TIME_SHIFT + delta, pageNs, view, from);
      at += 8;
    }
  }
}

/** An absolute time stamp relative to the recording: the page's stamp says what was subtracted. */
function absoluteNs(stamp: number, pageNs: number, view: DataView, pageData: number): number {
  const pageStamp = Number(view.getBigUint64(pageData - HEADER, true) & 0x7ff_ffff_ffff_ffffn);
  return pageNs + (stamp - pageStamp);
}
