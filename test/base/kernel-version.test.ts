// Kernels as their builders count them: what `uname -r` hides stands in /proc/version, and only versions of one flavour are compared by their own numbers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareKernels, parseKernelVersion } from '../../src/base/kernel-version.js';

const DEBIAN =
  'Linux version 6.1.0-13-amd64 (debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40) #1 SMP PREEMPT_DYNAMIC Debian 6.1.55-1 (2023-09-29)';

const KERNELS: readonly (readonly [
  release: string,
  version: string,
  flavour: string,
  upstream: string,
  hasBackports: boolean,
])[] = [
  ['6.1.0-13-amd64', DEBIAN, 'Debian', '6.1.55', false],
  ['6.18.44', '', 'mainline', '6.18.44', false],
  ['7.0.0-rc3', '', 'mainline', '7.0.0', false],
  ['5.15.0-1051-aws', '', 'Ubuntu', '5.15.0', true],
  ['5.14.0-427.13.1.el9_4.x86_64', '', 'Red Hat', '5.14.0', true],
  ['6.8.5-301.fc40.x86_64', '', 'Fedora', '6.8.5', false],
  ['5.14.21-150500.55.52-default', '', 'SUSE', '5.14.21', true],
  ['5.10.225-213.878.amzn2.x86_64', '', 'Amazon Linux', '5.10.225', true],
  ['5.4.17-2136.335.4.el8uek.x86_64', '', 'Oracle UEK', '5.4.17', true],
  ['6.6.141.1-1.azl3', '', 'Azure Linux', '6.6.141', true],
  ['6.18.44-fc-v782', '', 'own build', '6.18.44', true],
];

test('each family is told, with the version that it is made from', () => {
  for (const [release, version, flavour, upstream, hasBackports] of KERNELS) {
    const parsed = parseKernelVersion(release, version);
    assert.deepEqual(
      [parsed?.flavour, parsed?.upstream.join('.'), parsed?.hasBackports],
      [flavour, upstream, hasBackports],
      release,
    );
  }
  assert.equal(parseKernelVersion('unknown'), undefined);
});

function compared(a: string, b: string): number {
  const [one, other] = [parseKernelVersion(a), parseKernelVersion(b)];
  return one && other ? Math.sign(compareKernels(one, other)) : NaN;
}

test('versions of one flavour are compared by all of their numbers, across by the upstream one', () => {
  assert.equal(compared('5.14.0-427.13.1.el9_4.x86_64', '5.14.0-427.9.1.el9_4.x86_64'), 1);
  assert.equal(compared('5.15.0-1051-aws', '5.15.0-1039-aws'), 1);
  assert.equal(compared('5.14.0-427.13.1.el9_4.x86_64', '5.14.0'), 0);
  assert.equal(compared('6.9.0', '6.12.1'), -1);
  assert.equal(compared('5.10.225-213.878.amzn2.x86_64', '5.10.225-213.878.amzn2.aarch64'), 0);
});
