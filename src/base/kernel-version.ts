// A kernel's version as those who built it count: `uname -r` tells a flavour and its own numbers, /proc/version the upstream version where the distribution
// hides that behind an ABI. Versions are compared within a flavour; across flavours only the upstream version can be, and a vendor's kernel of an old
// version may have what a newer one has (backports). Sources: Debian Linux Kernel Handbook, 5.3; Ubuntu kernel ABI; Red Hat, SUSE, Amazon, Oracle and
// Azure packages as they name themselves.

/** How one family of kernels names itself. */
export type Flavour =
  | 'mainline'
  | 'Debian'
  | 'Ubuntu'
  | 'Red Hat'
  | 'Fedora'
  | 'SUSE'
  | 'Amazon Linux'
  | 'Oracle UEK'
  | 'Azure Linux'
  | 'own build';

export interface KernelVersion {
  readonly flavour: Flavour;
  /** The version of kernel.org that it is, or is made from: [6, 1, 55]. */
  readonly upstream: readonly number[];
  /** All numbers in the flavour's own order. */
  readonly own: readonly number[];
  /** True where the vendor takes over changes of later versions without saying so in the version. */
  readonly hasBackports: boolean;
  /** As it is told: '6.1.0-56-cloud-amd64 (Debian 6.1.156-1)'. */
  readonly text: string;
}

const FLAVOURS: readonly (readonly [pattern: RegExp, flavour: Flavour])[] = [
  [/uek/, 'Oracle UEK'],
  [/\.amzn\d/, 'Amazon Linux'],
  [/\.(azl|cm)\d/, 'Azure Linux'],
  [/\.fc\d/, 'Fedora'],
  [/\.el\d/, 'Red Hat'],
  [/^\d+\.\d+\.\d+-\d{4,}(\.\d+)*-default|-default$/, 'SUSE'],
];

/** Those that keep a base version for years and put later changes into it. */
const BACKPORTING: ReadonlySet<Flavour> = new Set([
  'Red Hat',
  'SUSE',
  'Oracle UEK',
  'Ubuntu',
  'Amazon Linux',
  'Azure Linux',
  'own build',
]);

function numbersOf(text: string): number[] {
  return (text.match(/\d+/g) ?? []).slice(0, 8).map(Number);
}

function upstreamOf(text: string): number[] {
  const [, major, minor, patch] = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  return [major, minor, patch].flatMap((part) => (part === undefined ? [] : [Number(part)]));
}

function flavourOf(release: string, version: string): Flavour {
  const named = FLAVOURS.find(([pattern]) => pattern.test(release))?.[1];
  if (named) return named;
  if (/\bDebian \d/.test(version)) return 'Debian';
  if (/Ubuntu/.test(version) || /^\d+\.\d+\.0-\d+-(generic|aws|azure|gcp|oracle|kvm|lowlatency)/.test(release))
    return 'Ubuntu';
  return /^\d+\.\d+(\.\d+)?(-rc\d+)?\+?$/.test(release) ? 'mainline' : 'own build';
}

/** `release` as `uname -r` prints it, `version` the text of /proc/version where there is one. Undefined where no version stands in it. */
export function parseKernelVersion(release: string, version = ''): KernelVersion | undefined {
  const flavour = flavourOf(release, version);
  // The compiler's package is named in the same words before it.
  const packaged = flavour === 'Debian' ? /#\d.*\bDebian (\d[\w.+~-]*)/.exec(version)?.[1] : undefined;
  const upstream = upstreamOf(packaged ?? release);
  if (upstream.length < 2) return undefined;
  // An architecture's name (x86_64) has numbers of its own, behind those that count.
  const counted = (packaged ?? release).replace(/\.(x86_64|aarch64|i686)$|-[a-z][\w-]*$/, '');
  return {
    flavour,
    upstream,
    own: numbersOf(counted),
    hasBackports: BACKPORTING.has(flavour),
    text: packaged === undefined ? release : `${release} (Debian ${packaged})`,
  };
}

/** The version that `text` tells: '6.1.0-56-cloud-amd64 (Debian 6.1.156-1)'. */
export function kernelOfText(text: string): KernelVersion | undefined {
  const [, release = text, packaged] = /^(\S+) \(Debian (\S+)\)$/.exec(text) ?? [];
  return parseKernelVersion(release, packaged === undefined ? '' : `#1 SMP Debian ${packaged}`);
}

/** Below 0 where the first is older, as far as both tell: a part that one lacks is 0. */
export function compareNumbers(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const apart = (a[at] ?? 0) - (b[at] ?? 0);
    if (apart !== 0) return apart;
  }
  return 0;
}

/** The same of kernels: by their own numbers within a flavour, by the upstream version across. */
export function compareKernels(a: KernelVersion, b: KernelVersion): number {
  return a.flavour === b.flavour ? compareNumbers(a.own, b.own) : compareNumbers(a.upstream, b.upstream);
}
