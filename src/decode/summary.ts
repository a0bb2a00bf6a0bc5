// What a person wants to know of a machine at a glance: label → value, in the order of the report. A label whose value is unknown is left out.
// Clouds are told by the DMI strings that they document for that purpose: EC2 "Identify EC2 instances", Google "Detect if a VM is
// running in Compute Engine", Azure's fixed chassis asset tag, Oracle's OracleCloud.com.

import { binary } from '../base/format.js';
import { parseKeyValues } from '../base/procfs/key-values.js';
import { countCpuList, parseCpuinfo } from './procfs/cpuinfo.js';

/** Text files by path, as the set of facts has them. */
type Files = ReadonlyMap<string, string>;

/** The kernel's command line is the longest, with 4096 letters at most on all architectures but one. */
const MOST_TEXT = 4096;

const AZURE_TAG = '7783-7084-3265-9085-8269-3286-77';

export function summarise(files: Files): Map<string, string> {
  const text = (path: string) => files.get(path)?.trim() || undefined;
  const values: [string, string | undefined][] = [
    ['Kernel', text('/proc/sys/kernel/osrelease')],
    ['Build', text('/proc/version')?.replace(/^Linux version \S+ /, '')],
    ['Architecture', text('/proc/sys/kernel/arch') ?? architecture(files)],
    ['Command line', text('/proc/cmdline')],
    ['CPU', cpu(files)],
    ['Memory', memory(files)],
    ['Swap', swap(files)],
    ['Virtualisation', virtualisation(files)],
    ['Cloud instance', cloud(files)],
    ['Lockdown', /\[(\w+)\]/.exec(text('/sys/kernel/security/lockdown') ?? '')?.[1]],
    ['Operating system', /^PRETTY_NAME="?([^"\n]*)/m.exec(text('/etc/os-release') ?? '')?.[1]],
    ['Container engine', engines(files)],
  ];
  const known = values.filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '');
  return new Map(known.map(([label, value]) => [label, value.slice(0, MOST_TEXT)]));
}

/** Before 6.1 there is no file that names the architecture; /proc/cpuinfo differs enough. */
function architecture(files: Files): string | undefined {
  const info = parseCpuinfo(files.get('/proc/cpuinfo') ?? '');
  if (info.has('CPU architecture')) return info.get('CPU architecture') === '8' ? 'aarch64' : 'arm';
  if (!info.has('vendor_id')) return undefined;
  return info.get('flags')?.split(' ').includes('lm') ? 'x86_64' : 'i686';
}

function cpu(files: Files): string | undefined {
  const info = parseCpuinfo(files.get('/proc/cpuinfo') ?? '');
  const name = info.get('model name') ?? info.get('CPU part');
  const count = countCpuList(files.get('/sys/devices/system/cpu/online') ?? '');
  if (count === undefined) return name;
  return `${count} × ${name ?? 'CPU'}`;
}

function memory(files: Files): string | undefined {
  const kB = parseKeyValues(files.get('/proc/meminfo') ?? '').get('MemTotal');
  return kB === undefined ? undefined : binary(kB * 1024);
}

function swap(files: Files): string | undefined {
  const text = files.get('/proc/swaps');
  if (text === undefined) return undefined;
  const areas = text
    .split('\n')
    .slice(1)
    .filter((line) => line.trim() !== '');
  const kB = areas.map((line) => Number(line.split(/\s+/)[2])).filter((size) => size > 0);
  return areas.length === 0
    ? 'none'
    : `${binary(kB.reduce((sum, size) => sum + size, 0) * 1024)} (${areas.map((line) => line.split(/\s+/)[0]).join(', ')})`;
}

function dmi(files: Files, name: string): string {
  return files.get(`/sys/class/dmi/id/${name}`)?.trim() ?? '';
}

function virtualisation(files: Files): string | undefined {
  const vendor = `${dmi(files, 'sys_vendor')} ${dmi(files, 'product_name')} ${dmi(files, 'bios_vendor')}`;
  const kind = (
    [
      [/VMware/, 'VMware'],
      [/VirtualBox|innotek/, 'VirtualBox'],
      [/Microsoft Corporation Virtual Machine/, 'Hyper-V'],
      [/QEMU|KVM|Amazon EC2|Google Compute Engine|OpenStack/, 'KVM'],
    ] as const
  ).find(([pattern]) => pattern.test(vendor))?.[1];
  const type = files.get('/sys/hypervisor/type')?.trim();
  const flags = parseCpuinfo(files.get('/proc/cpuinfo') ?? '').get('flags');
  const isVirtual = flags?.split(' ').includes('hypervisor');
  // EC2's bare-metal instances carry the vendor's name and no hypervisor flag.
  if (type) return type === 'xen' ? 'Xen' : type;
  if (isVirtual === false) return 'none';
  return kind ?? (isVirtual ? 'a hypervisor' : undefined);
}

function cloud(files: Files): string | undefined {
  const vendor = dmi(files, 'sys_vendor');
  const product = dmi(files, 'product_name');
  if (vendor === 'Amazon EC2') return `AWS ${product}`;
  if (/amazon/i.test(dmi(files, 'bios_version'))) return 'AWS (Xen)';
  if (product === 'Google Compute Engine') return 'Google Compute Engine';
  if (dmi(files, 'chassis_asset_tag') === AZURE_TAG) return 'Azure';
  if (dmi(files, 'chassis_asset_tag') === 'OracleCloud.com') return 'Oracle Cloud';
  if (/^(DigitalOcean|Hetzner|Alibaba Cloud|Scaleway|Vultr|Linode|UpCloud)$/.test(vendor))
    return `${vendor} ${product}`.trim();
  if (product.startsWith('OpenStack')) return product;
  return undefined;
}

function engines(files: Files): string | undefined {
  const sockets: readonly (readonly [string, string])[] = [
    ['/run/docker.sock', 'Docker'],
    ['/run/containerd/containerd.sock', 'containerd'],
    ['/run/crio/crio.sock', 'CRI-O'],
    ['/run/podman/podman.sock', 'Podman'],
  ];
  return (
    sockets
      .filter(([path]) => files.has(path))
      .map(([, name]) => name)
      .join(', ') || undefined
  );
}
