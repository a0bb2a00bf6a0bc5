// /proc/net/{tcp,tcp6,unix}: which sockets are connected, by inode number.
// Source: Documentation/networking/proc_net_tcp.rst; net/unix/af_unix.c, unix_seq_show().
//
//   tcp    sl  local_address rem_address   st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …
//           0: 0100007F:1538 0100007F:9C40 01 …                                         0  0       81512 …
//   unix   Num: RefCount Protocol Flags Type St Inode Path          the path is there where the socket has a name
//          0000…: 00000003 00000000 00000000 0001 03 21034 /run/db.sock

export interface Sockets {
  /** The other end of each TCP connection of which both are on this machine; of one that nobody has accepted yet, the socket that listens. */
  readonly peerOf: ReadonlyMap<number, number>;
  /** The address and port of the other end of each TCP connection, '10.0.0.5:5432', '[fd00::5]:5432'. */
  readonly remoteOf: ReadonlyMap<number, string>;
  /** Sockets of the UNIX domain that are connected or listen: a server's have its name. */
  readonly unix: ReadonlyMap<number, 'named' | 'unnamed'>;
}

export const NO_SOCKETS: Sockets = { peerOf: new Map(), remoteOf: new Map(), unix: new Map() };

/** SS_CONNECTED and __SO_ACCEPTCON, include/uapi/linux/net.h. */
const CONNECTED = '03';
const ACCEPTS = '00010000';
const SPACES = /\s+/;

/** TCP_LISTEN, include/net/tcp_states.h. */
const LISTENING = '0A';

/** ::ffff:0:0/96: a socket of both versions has its addresses of version 4 so, and the other end of the connection may be one of version 4. */
const MAPPED = '0000000000000000FFFF0000';

function tcpPeers(texts: readonly string[]): Pick<Sockets, 'peerOf' | 'remoteOf'> {
  const byEnds = new Map<string, number>();
  const byPort = new Map<string, number>();
  const connected: { readonly inode: number; readonly local: string; readonly remote: string }[] = [];
  for (const line of texts.flatMap((text) => text.split('\n'))) {
    const [, one = '', other = '', state, , , , , , text] = line.trim().split(SPACES);
    const [local, remote] = [one.replace(MAPPED, ''), other.replace(MAPPED, '')];
    const inode = Number(text);
    // One that is being closed, or that nobody has accepted, has none.
    if (!(inode > 0)) continue;
    if (state === LISTENING) byPort.set(portOf(local), inode);
    else {
      byEnds.set(`${local} ${remote}`, inode);
      connected.push({ inode, local, remote });
    }
  }
  const peerOf = new Map(
    connected.flatMap(({ inode, local, remote }): [number, number][] => {
      // Who connects to its own machine does so from the address that it connects to.
      const listener = hostOf(local) === hostOf(remote) ? byPort.get(portOf(remote)) : undefined;
      const peer = byEnds.get(`${remote} ${local}`) ?? listener;
      return peer === undefined ? [] : [[inode, peer]];
    }),
  );
  return { peerOf, remoteOf: new Map(connected.map(({ inode, remote }) => [inode, addressText(remote)])) };
}

/** The kernel prints each four bytes of an address, which are in the network's order, as a number of the machine, of little-endian order here. */
function addressText(address: string): string {
  const bytes = (hostOf(address).match(/../g) ?? []).map((byte) => parseInt(byte, 16));
  const ordered = bytes.map((_, at) => bytes[(at & ~3) + 3 - (at & 3)] ?? 0);
  const port = parseInt(portOf(address), 16);
  if (ordered.length === 4) return `${ordered.join('.')}:${port}`;
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((ordered[2 * at] ?? 0) << 8) | (ordered[2 * at + 1] ?? 0)).toString(16),
  );
  return `[${new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)}]:${port}`;
}

function hostOf(address: string): string {
  return address.slice(0, address.indexOf(':'));
}

function portOf(address: string): string {
  return address.slice(address.indexOf(':') + 1);
}

/** Lines that are not like that are passed over. */
export function parseSockets(tcp: readonly string[], unix: string): Sockets {
  const named = new Map<number, 'named' | 'unnamed'>();
  for (const line of unix.split('\n')) {
    const [, , , flags, , state, inode, path] = line.trim().split(SPACES);
    if ((state === CONNECTED || flags === ACCEPTS) && Number(inode) > 0)
      named.set(Number(inode), path === undefined ? 'unnamed' : 'named');
  }
  return { ...tcpPeers(tcp), unix: named };
}
