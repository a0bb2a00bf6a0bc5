// Java's names as people say them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shortClass, shortMethod } from '../../src/base/java-names.js';

test('a class is told without its package, a lock without its queue', () => {
  assert.equal(shortClass('java.util.concurrent.locks.ReentrantLock$NonfairSync'), 'ReentrantLock');
  assert.equal(shortClass('java.util.concurrent.locks.ReentrantReadWriteLock$FairSync'), 'ReentrantReadWriteLock');
  assert.equal(shortClass('LockLab$Slow'), 'LockLab$Slow');
  assert.equal(shortClass(''), '');
});

test('a method is told with its class', () => {
  assert.equal(shortMethod('java.io.RandomAccessFile.write(RandomAccessFile.java:545)'), 'RandomAccessFile.write');
  assert.equal(shortMethod('Main.main(Unknown Source)'), 'Main.main');
});
