// A server that answers as it is told and remembers what it was asked: for what a real one would have to be made to do.

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { gunzipSync } from 'node:zlib';

export interface Asked {
  readonly query: string;
  /** Rows, where it was an insert. */
  readonly rows: string;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly url: string;
}

export interface Answer {
  readonly status?: number;
  readonly body?: string | Buffer;
}

export class FakeClickHouse {
  readonly asked: Asked[] = [];
  answer: (asked: Asked) => Answer = () => ({});
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const url = request.url ?? '';
        const inUrl = new URL(url, 'http://x').searchParams.get('query');
        const body = Buffer.concat(parts);
        const rows = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body).toString('utf8') : '';
        const asked = { query: inUrl ?? body.toString('utf8'), rows, headers: request.headers, url };
        this.asked.push(asked);
        const { status = 200, body: text = '{"data":[]}' } = this.answer(asked);
        response.writeHead(status).end(text);
      });
    });
  }

  static async start(): Promise<FakeClickHouse> {
    const fake = new FakeClickHouse();
    fake.server.listen(0, '127.0.0.1');
    await once(fake.server, 'listening');
    return fake;
  }

  get address(): string {
    const address = this.server.address();
    return `http://reader:top-secret@127.0.0.1:${typeof address === 'object' ? address?.port : 0}/fleet`;
  }

  /** Ends connections, as a server does that has been idle. */
  hangUp(): void {
    this.server.closeAllConnections();
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
