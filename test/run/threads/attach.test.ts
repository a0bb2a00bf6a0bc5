// The attach protocol against a socket that answers, stays silent or refuses, in a folder that stands for a JVM's root; and what another user may have
// put there.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { UserError } from '../../../src/base/errors.js';
import { HeldFolder } from '../../../src/base/held-folder.js';
import { NoAnswer, threadPrint } from '../../../src/run/threads/attach.js';
import type { Jvm } from '../../../src/run/threads/jvm.js';

const OWN_PID = 77;
const LONG_MS = 60_000;

describe('threadPrint', () => {
  let folder = '';
  let jvm: Jvm;
  let server: Server | undefined;
  const held: Socket[] = [];

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'iowitness-attach-'));
    mkdirSync(path.join(folder, 'root/tmp'), { recursive: true });
    jvm = {
      // No process has this number: a signal to it is refused.
      pid: 2 ** 22 + 1,
      folder: HeldFolder.at(folder),
      ownPid: OWN_PID,
      isContained: false,
      uid: process.getuid?.() ?? 0,
      gid: process.getgid?.() ?? 0,
      resident: 0,
      is64: true,
    };
  });

  afterEach(() => {
    for (const socket of held) socket.destroy();
    server?.close();
    server = undefined;
    jvm.folder.close();
    rmSync(folder, { recursive: true });
  });

  async function listen(answer: (socket: Socket, request: string) => void): Promise<void> {
    server = createServer((socket) => {
      held.push(socket);
      socket.once('data', (request) => answer(socket, request.toString('latin1')));
    });
    await new Promise<void>((settle) => server?.listen(path.join(folder, `root/tmp/.java_pid${OWN_PID}`), settle));
  }

  test('asks as jcmd does, and gives the answer without its status', async () => {
    let asked = '';
    await listen((socket, request) => {
      asked = request;
      socket.end('0\nFull thread dump\n');
    });
    assert.equal((await threadPrint(jvm, true, LONG_MS)).text.toString(), 'Full thread dump\n');
    assert.equal(asked, '1\0jcmd\0Thread.print -l\0\0\0');
  });

  test('does not wait longer than it is told to', async () => {
    await listen(() => {});
    await assert.rejects(threadPrint(jvm, false, 50), NoAnswer);
  });

  test('tells what the JVM says where it refuses', async () => {
    await listen((socket) => socket.end('1\njava.lang.IllegalArgumentException: Unknown diagnostic command\n'));
    await assert.rejects(threadPrint(jvm, false, LONG_MS), /refuses: java\.lang\.IllegalArgumentException: Unknown/);
  });

  test('takes nothing for the JVM’s socket that is none', async () => {
    const elsewhere = path.join(folder, 'elsewhere');
    await new Promise<void>((settle) => {
      server = createServer(() => assert.fail('it followed the link')).listen(elsewhere, settle);
    });
    symlinkSync(elsewhere, path.join(folder, `root/tmp/.java_pid${OWN_PID}`));
    // It asks the process itself then, and that is not there.
    await assert.rejects(threadPrint(jvm, false, 50), /ESRCH/);
  });

  test('follows no link that bears the name of the file that it makes, and removes none', async () => {
    const victim = path.join(folder, 'victim');
    writeFileSync(victim, 'whole');
    const link = path.join(folder, `root/tmp/.attach_pid${OWN_PID}`);
    symlinkSync(victim, link);
    await assert.rejects(
      threadPrint(jvm, false, 50),
      (error) => error instanceof UserError && /is not the JVM’s/.test(error.message),
    );
    assert.equal(readFileSync(victim, 'utf8'), 'whole');
    assert.ok(existsSync(link));
  });

  test('removes the file that it made, also where the process has gone', async () => {
    await assert.rejects(threadPrint(jvm, false, 50), /ESRCH/);
    assert.equal(existsSync(path.join(folder, `root/tmp/.attach_pid${OWN_PID}`)), false);
  });

  test('goes into no /tmp that is a link', async () => {
    rmSync(path.join(folder, 'root/tmp'), { recursive: true });
    symlinkSync('/', path.join(folder, 'root/tmp'));
    await assert.rejects(threadPrint(jvm, false, 50), /can’t be used/);
  });
});
