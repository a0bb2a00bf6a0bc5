// A guest's machine → the command lines of qemu and of the servers that show it folders. Pure.
// Emulation gets one host thread for all of its CPUs: with a thread each (qemu's thread=multi), a kernel that switches trace points on
// rewrites code that another CPU is running, and dies of it.

import type { GuestKernel } from './kernel.js';

export type Accelerator = 'kvm' | 'emulation';

export interface MachineShape {
  readonly kernel: GuestKernel;
  readonly memoryBytes: number;
  readonly cpus: number;
}

export interface MachinePaths {
  readonly firstRoot: string;
  readonly console: string;
  readonly port: string;
  readonly monitor: string;
  /** Sockets of the servers of folders, by tag. */
  readonly folders: ReadonlyMap<string, string>;
}

const ACCELERATOR: Readonly<Record<Accelerator, readonly string[]>> = {
  kvm: ['-accel', 'kvm', '-cpu', 'host'],
  emulation: ['-accel', 'tcg,thread=single', '-cpu', 'max'],
};

/** qemu's arguments but for disks. */
export function machineArguments(shape: MachineShape, paths: MachinePaths, accelerator: Accelerator): string[] {
  const megabytes = Math.ceil(shape.memoryBytes / 1024 ** 2);
  const groups: readonly (readonly string[])[] = [
    // -nodefaults leaves out what nobody needs: a network, a floppy, a display.
    ['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-machine', 'q35,memory-backend=memory'],
    ACCELERATOR[accelerator],
    ['-smp', String(shape.cpus), '-m', `${megabytes}M`],
    ['-object', `memory-backend-memfd,id=memory,size=${megabytes}M,share=on`],
    ['-kernel', shape.kernel.image, '-initrd', paths.firstRoot],
    ['-append', 'console=ttyS0 quiet loglevel=4 panic=-1'],
    ['-serial', `file:${paths.console}`, '-qmp', `unix:${paths.monitor},server=on,wait=off`],
    ['-device', 'virtio-serial-pci', '-chardev', `socket,id=port,path=${paths.port},server=on,wait=off`],
    ['-device', 'virtserialport,chardev=port,name=iowitness'],
  ];
  const folders = [...paths.folders].flatMap(([tag, socket]) => [
    '-chardev',
    `socket,id=${tag},path=${socket}`,
    '-device',
    `vhost-user-fs-pci,chardev=${tag},tag=${tag}`,
  ]);
  return [...groups.flat(), ...folders];
}

/** A mount namespace in which `$1` is the host's tree, read-only, with the other mounts that are needed in it; `$2…$n` up to `--`. */
const READ_ONLY_TREE = `
place=$1; shift
mount --bind / "$place" && mount -o remount,bind,ro "$place" || exit 1
while [ "$1" != -- ]; do mount --bind "$1" "$place$1" && mount -o remount,bind,ro "$place$1" || exit 1; shift; done
shift; exec "$@"`;

/** What shows a folder to the guest under a tag; writable for the shared one alone. */
export function folderServer(program: string, socket: string, folder: string): string[] {
  return [program, `--socket-path=${socket}`, '-o', `source=${folder}`, '-o', 'cache=auto'];
}

/** The server of the host's tree; `place` is an empty folder, `mounts` the mount points below / that the guest needs as well. */
export function treeServer(program: string, socket: string, place: string, mounts: readonly string[]): string[] {
  const server = folderServer(program, socket, place);
  return [
    'unshare',
    '--mount',
    '--propagation',
    'private',
    '/bin/sh',
    '-c',
    READ_ONLY_TREE,
    'sh',
    place,
    ...mounts,
    '--',
    ...server,
  ];
}
