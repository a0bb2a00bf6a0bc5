// A request to a server of this machine, with what it answers.

import { request, type IncomingHttpHeaders } from 'node:http';

export interface Answered {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

export function ask(url: string, method = 'GET', headers: IncomingHttpHeaders = {}): Promise<Answered> {
  return new Promise((settle, reject) => {
    request(url, { method, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => (body += part));
      response.on('end', () => settle({ status: response.statusCode ?? 0, body, headers: response.headers }));
    })
      .on('error', reject)
      .end();
  });
}
