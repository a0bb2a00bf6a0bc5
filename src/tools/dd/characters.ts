// The characters that dd exchanges: ASCII and the two EBCDICs of POSIX, which differ in five; upper and lower case. Source: POSIX.1-2017, dd,
// "EXTENDED DESCRIPTION", the two tables.

import type { Conversion } from './options.js';

/** The EBCDIC character of each ASCII one. */
const EBCDIC = Buffer.from(
  [
    '00010203372d2e2f1605250b0c0d0e0f101112133c3d322618193f271c1d1e1f',
    '405a7f7b5b6c507d4d5d5c4e6b604b61f0f1f2f3f4f5f6f7f8f97a5e4c7e6e6f',
    '7cc1c2c3c4c5c6c7c8c9d1d2d3d4d5d6d7d8d9e2e3e4e5e6e7e8e9ade0bd9a6d',
    '79818283848586878889919293949596979899a2a3a4a5a6a7a8a9c04fd05f07',
    '202122232415061728292a2b2c090a1b30311a333435360838393a3b04143ee1',
    '4142434445464748495152535455565758596263646566676869707172737475',
    '767778808a8b8c8d8e8f906a9b9c9d9e9fa0aaabac4aaeafb0b1b2b3b4b5b6b7',
    'b8b9babbbca1bebfcacbcccdcecfdadbdcdddedfeaebecedeeeffafbfcfdfeff',
  ].join(''),
  'hex',
);
/** Where that of IBM differs. */
const IBM_ALONE: readonly (readonly [ascii: number, ebcdic: number])[] = [
  [94, 95],
  [126, 161],
  [203, 154],
  [213, 173],
  [229, 189],
];

const identity = (): Buffer => Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

function ibm(): Buffer {
  const table = Buffer.from(EBCDIC);
  for (const [from, to] of IBM_ALONE) table[from] = to;
  return table;
}

function ascii(): Buffer {
  const table = Buffer.alloc(256);
  for (const [byte, ebcdic] of EBCDIC.entries()) table[ebcdic] = byte;
  return table;
}

/** Letters of ASCII from the case that begins with one character to that of another. */
function otherCase(from: string, to: string): Buffer {
  const table = identity();
  for (let letter = 0; letter < 26; letter += 1) table[from.charCodeAt(0) + letter] = to.charCodeAt(0) + letter;
  return table;
}

/** What each byte becomes, by all conversions together; undefined where each stays what it is. */
export function translation(conversions: readonly Conversion[]): Buffer | undefined {
  const has = (name: Conversion) => conversions.includes(name);
  const steps: Buffer[] = [];
  if (has('ascii')) steps.push(ascii());
  // Case is one of ASCII, so it changes before EBCDIC is made, and after ASCII was.
  if (has('ucase')) steps.push(otherCase('a', 'A'));
  if (has('lcase')) steps.push(otherCase('A', 'a'));
  if (has('ebcdic')) steps.push(Buffer.from(EBCDIC));
  if (has('ibm')) steps.push(ibm());
  if (steps.length === 0) return undefined;
  return steps.reduce((table, step) => Buffer.from(table.map((byte) => step[byte] ?? 0)), identity());
}

/** What fills a record of conv=block, and ends one of unblock, in the characters in which they are told apart. */
export interface RecordCharacters {
  readonly blank: number;
  readonly lineEnd: number;
}

/** Records are made after ASCII was, and before EBCDIC is. */
export function recordCharacters(conversions: readonly Conversion[]): RecordCharacters {
  const table = translation(conversions) ?? identity();
  const isEbcdic = conversions.includes('ebcdic') || conversions.includes('ibm');
  const of = (character: string): number => {
    const code = character.charCodeAt(0);
    return isEbcdic ? (table[code] ?? code) : code;
  };
  return { blank: of(' '), lineEnd: of('\n') };
}
