// Format files of several kernels become layouts; the fields that decoding needs are found wherever they lie.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFormat } from '../../../src/decode/ftrace/format.js';

const SWITCH = `name: sched_switch
ID: 372
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;

	field:char prev_comm[16];	offset:8;	size:16;	signed:0;
	field:pid_t prev_pid;	offset:24;	size:4;	signed:1;
	field:long prev_state;	offset:32;	size:8;	signed:1;
	field:__data_loc char[] cmd;	offset:60;	size:4;	signed:0;
	field:unsigned long caller[8];	offset:64;	size:64;	signed:0;

print fmt: "prev_comm=%s", REC->prev_comm
`;

test('fields keep name, place, sign and kind', () => {
  const format = parseFormat(SWITCH);
  assert.equal(format?.id, 372);
  const field = (name: string) => format?.fields.find((one) => one.name === name);
  assert.deepEqual(field('prev_comm'), { name: 'prev_comm', offset: 8, size: 16, signed: false, kind: 'text' });
  assert.deepEqual(field('prev_pid'), { name: 'prev_pid', offset: 24, size: 4, signed: true, kind: 'number' });
  assert.equal(field('cmd')?.kind, 'text-elsewhere');
  assert.equal(field('caller')?.kind, 'array');
});

test('what is not a format file is refused', () => {
  assert.equal(parseFormat(''), undefined);
  assert.equal(parseFormat('name: x\nID: many\n'), undefined);
});
