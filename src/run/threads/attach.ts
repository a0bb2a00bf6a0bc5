// HotSpot's attach protocol, spoken without a JVM: what `jcmd PID Thread.print` says, in the time of a system call or two. A JVM listens on a socket once it
// has been asked to, by an empty file of its user in its /tmp and a SIGQUIT. Source: src/hotspot/os/posix/attachListener_posix.cpp,
// src/jdk.attach/linux/classes/sun/tools/attach/VirtualMachineImpl.java.
//
//   we:   "1" 0  "jcmd" 0  "Thread.print -l" 0  0  0        protocol, command, three arguments
//   JVM:  "0\n" and the text, then it closes                0: it worked
//
// Its /tmp belongs to others than we do. So it is held open, nothing there is followed, the file is made anew, and the socket is opened as the user of
// the JVM: what that user puts there leads us no further than himself.

import { closeSync, fchownSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { errnoOf, messageOf, UserError } from '../../base/errors.js';
import { HeldFolder } from '../../base/held-folder.js';
import type { Jvm } from './jvm.js';

/** A dump of a thousand threads with 1024 frames each has 80 MB. */
const MOST_BYTES = 512 * 1024 * 1024;
const POLL_MS = 3;

/** The JVM has not answered in time. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** The /tmp of the JVM's own root, where it looks for the file and puts its socket. */
function temporaryFolder(jvm: Jvm): HeldFolder {
  const root = HeldFolder.at(jvm.folder.entry('root'), `/proc/${jvm.pid}/root`);
  try {
    return root.folder('tmp');
  } catch (error) {
    throw new UserError(
      `The /tmp of process ${jvm.pid} can’t be used (${messageOf(error)}): give a file with its dump.`,
    );
  } finally {
    root.close();
  }
}

/** Does something with the rights of the JVM's user, which is ours or root alone can become. */
function asUserOf<T>({ uid, gid }: Jvm, act: () => T): T {
  const [ownUid, ownGid] = [process.geteuid?.(), process.getegid?.()];
  if (ownUid !== 0 || (uid === 0 && gid === ownGid) || ownGid === undefined) return act();
  process.setegid?.(gid);
  try {
    process.seteuid?.(uid);
    return act();
  } finally {
    process.seteuid?.(ownUid);
    process.setegid?.(ownGid);
  }
}

function hasSocket(folder: HeldFolder, name: string, { uid }: Jvm): boolean {
  const stat = folder.stat(name);
  return stat !== undefined && stat.isSocket() && stat.uid === uid;
}

/** The connection; undefined where nobody listens. */
async function connected(folder: HeldFolder, name: string, jvm: Jvm): Promise<Socket | undefined> {
  if (!hasSocket(folder, name, jvm)) return undefined;
  // The call itself is made at once, so it is made as that user.
  const socket = asUserOf(jvm, () => connect(folder.entry(name)));
  try {
    await new Promise<void>((settle, reject) => {
      socket.once('connect', settle);
      socket.once('error', reject);
    });
    return socket;
  } catch (error) {
    socket.destroy();
    const errno = errnoOf(error);
    if (errno === 'ECONNREFUSED' || errno === 'ENOENT') return undefined;
    throw new UserError(`Process ${jvm.pid} refuses the connection (${messageOf(error)}).`);
  }
}

/** Makes the empty file that tells a JVM that the SIGQUIT is meant for this. One that a killed run left is as good. */
function makeSign(folder: HeldFolder, name: string, jvm: Jvm): void {
  const old = folder.stat(name);
  if (old?.isFile() === true && old.uid === jvm.uid) return;
  if (old) throw new UserError(`${folder.shown(name)} is there and is not the JVM’s: remove it.`);
  const descriptor = folder.createSync(name);
  try {
    // JDK 8 takes it of its own user alone.
    if (process.geteuid?.() === 0) fchownSync(descriptor, jvm.uid, jvm.gid);
  } catch (error) {
    removeSign(folder, name);
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

function removeSign(folder: HeldFolder, name: string): void {
  try {
    folder.removeSync(name);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

/** Asks the JVM to listen. Throws NoAnswer where it does not by then. */
async function wake(folder: HeldFolder, socket: string, jvm: Jvm, untilMs: number): Promise<Socket> {
  const sign = `.attach_pid${jvm.ownPid}`;
  makeSign(folder, sign, jvm);
  try {
    process.kill(jvm.pid, 'SIGQUIT');
    while (performance.now() < untilMs) {
      await pause(POLL_MS);
      const found = await connected(folder, socket, jvm);
      if (found) return found;
    }
  } catch (error) {
    if (errnoOf(error) === 'EPERM')
      throw new UserError(`Process ${jvm.pid} belongs to another user: run it as root, or as that user.`);
    throw error;
  } finally {
    removeSign(folder, sign);
  }
  throw new NoAnswer('it did not begin to listen');
}

/** What it answers until it closes. */
async function answerOf(socket: Socket, command: string, untilMs: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  const timer = setTimeout(
    () => socket.destroy(new NoAnswer('it did not answer')),
    Math.max(0, untilMs - performance.now()),
  );
  try {
    socket.write(`1\0jcmd\0${command}\0\0\0`);
    for await (const piece of socket as AsyncIterable<Buffer>) {
      length += piece.length;
      if (length > MOST_BYTES) throw new UserError(`The answer is larger than ${MOST_BYTES / 2 ** 20} MiB.`);
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

/** What a JVM said of its threads. */
export interface Printed {
  /** What `jcmd PID Thread.print` prints. */
  readonly text: Buffer;
  /** From the question to the end of the answer, ms: within it the JVM stood still. */
  readonly tookMs: number;
}

/**
 * Asks a JVM for its threads; it has to answer within `limitMs`. `synchronizers`: as with -l, which stops the JVM until its heap is
 * walked. Throws NoAnswer, or a UserError where the JVM refuses.
 */
export async function threadPrint(jvm: Jvm, synchronizers: boolean, limitMs: number): Promise<Printed> {
  const untilMs = performance.now() + limitMs;
  const name = `.java_pid${jvm.ownPid}`;
  const folder = temporaryFolder(jvm);
  try {
    const socket = (await connected(folder, name, jvm)) ?? (await wake(folder, name, jvm, untilMs));
    const askedMs = performance.now();
    const answer = await answerOf(socket, synchronizers ? 'Thread.print -l' : 'Thread.print', untilMs);
    const end = answer.indexOf('\n');
    const status = answer.toString('latin1', 0, Math.max(0, end));
    if (status !== '0')
      throw new UserError(
        `Process ${jvm.pid} refuses: ${answer.toString('utf8', end + 1, end + 200).trim() || 'it closed without an answer'}.`,
      );
    return { text: answer.subarray(end + 1), tookMs: performance.now() - askedMs };
  } finally {
    folder.close();
  }
}
