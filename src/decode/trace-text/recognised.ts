// Whether a text is one of kernel events.

import { fieldsOf, UNDERSTOOD } from './fields.js';
import { parseEventLine } from './line.js';

/** Whether bytes at a text's beginning hold a line of an event that is made use of. */
export function holdsTraceText(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  return text.split('\n').some((line) => {
    const event = parseEventLine(line);
    return (
      event !== undefined && UNDERSTOOD.has(event.event) && fieldsOf(event.event, event.text.trimEnd(), 0) !== undefined
    );
  });
}
