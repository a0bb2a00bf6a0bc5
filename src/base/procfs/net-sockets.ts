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
  /** Sockets of the UNIX domain that are connected or listen: a server's have its name. */
  readonly unix: ReadonlyMap<number, 'named' | 'unnamed'>;
}

export const NO_SOCKETS: Sockets = { peerOf: new Map(), unix: new Map() };

/** SS_CONNECTED and __SO_ACCEPTCON, include/uapi/linux/net.h. */
const CONNECTED = '03';
const ACCEPTS = '00010000';
const SPACES = /\s+/;

/** TCP_LISTEN, include/net/tcp_states.h. */
const LISTENING = '0A';

function tcpPeers(texts: readonly string[]): Map<number, number> {
  const byEnds = new Map<string, number>();
  const byPort = new Map<string, number>();
  const connected: { readonly inode: number; readonly local: string; readonly remote: string }[] = [];
  for (const line of texts.flatMap((text) => text.split('\n'))) {
    const [, local = '', remote = '', state, , , , , , text] = line.trim().split(SPACES);
    const inode = Number(text);
    // One that is being closed, or that nobody has accepted, has none.
    if (!(inode > 0)) continue;
    if (state === LISTENING) byPort.set(portOf(local), inode);
    else {
      byEnds.set(`${local} ${remote}`, inode);
      connected.push({ inode, local, remote });
    }
  }
  return new Map(
    connected.flatMap(({ inode, local, remote }): [number, number][] => {
      // Who connects to its own machine does so from the address that it connects to.
      const listener = hostOf(local) === hostOf(remote) ? byPort.get(portOf(remote)) : undefined;
      const peer = byEnds.get(`${remote} ${local}`) ?? listener;
      return peer === undefined ? [] : [[inode, peer]];
    }),
  );
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
  return { peerOf: tcpPeers(tcp), unix: named };
}
