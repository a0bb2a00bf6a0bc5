// Kernels as Debian packs them: one package with everything, or an empty one that needs those with the image, the modules and their lists.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { findKernel } from '../../../src/run/guest/kernel.js';

/** Programs of the package manager that know two kernels; a package's file holds the commands that unpack it. */
const PROGRAMS = {
  'apt-cache': `case $3 in
  linux-image-7.9-cloud) printf '%s\\n' $3 '  Depends: linux-base-7.9-cloud' '  Depends: linux-binary-7.9-cloud' '  Depends: linux-modules-7.9-cloud' '  Depends: linux-initramfs-tool' ;;
  linux-image-cloud) printf '%s\\n' $3 '  Depends: linux-image-7.9-cloud' ;;
  *) echo $3 ;;
esac`,
  'apt-get': `for package; do
  case $package in
    linux-image-6.9-cloud) echo 'mkdir -p boot lib/modules/6.9-cloud; touch boot/vmlinuz-6.9-cloud' >$package.deb ;;
    linux-image-7.9-cloud) echo 'mkdir -p usr/share' >$package.deb ;;
    linux-base-7.9-cloud | linux-binary-7.9-cloud) echo 'mkdir -p usr/lib/modules/7.9-cloud; touch usr/lib/modules/7.9-cloud/vmlinuz' >$package.deb ;;
    linux-modules-7.9-cloud) echo 'mkdir -p usr/lib/modules/7.9-cloud/kernel' >$package.deb ;;
    linux-*) exit 100 ;;
  esac
done`,
  'dpkg-deb': `PATH=/usr/bin:/bin; sh $2`,
  depmod: `touch $2/lib/modules/$3/modules.dep`,
};

describe('a kernel’s package', () => {
  const usual = process.env['PATH'];
  let folder: string;
  before(() => {
    folder = mkdtempSync('/var/tmp/iowitness-kernel-');
    mkdirSync(path.join(folder, 'bin'));
    for (const [name, script] of Object.entries(PROGRAMS))
      writeFileSync(path.join(folder, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    process.env['PATH'] = `${path.join(folder, 'bin')}:${usual}`;
  });
  after(() => {
    process.env['PATH'] = usual;
    rmSync(folder, { recursive: true });
  });

  test('is found with its image in boot', () => {
    const cache = path.join(folder, 'kernels');
    assert.deepEqual(findKernel('linux-image-6.9-cloud', cache), {
      release: '6.9-cloud',
      image: path.join(cache, 'linux-image-6.9-cloud/boot/vmlinuz-6.9-cloud'),
      modules: path.join(cache, 'linux-image-6.9-cloud/lib/modules/6.9-cloud'),
    });
  });

  test('is found where it is in parts, with its image among the modules, also by the meta package’s name', () => {
    const cache = path.join(folder, 'kernels');
    const modules = path.join(cache, 'linux-image-7.9-cloud/usr/lib/modules/7.9-cloud');
    for (const name of ['linux-image-7.9-cloud', 'linux-image-cloud', path.join(modules, 'vmlinuz')])
      assert.deepEqual(findKernel(name, cache), {
        release: '7.9-cloud',
        image: path.join(modules, 'vmlinuz'),
        modules,
      });
  });

  test('is not fetched where what makes its index is missing, and that is said', () => {
    rmSync(path.join(folder, 'bin/depmod'));
    process.env['PATH'] = path.join(folder, 'bin');
    assert.throws(
      () => findKernel('linux-image-6.9-cloud', path.join(folder, 'others')),
      /depmod is not there; install the package/,
    );
  });
});
