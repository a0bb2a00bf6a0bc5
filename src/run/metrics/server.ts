// The one page of metrics that a running recorder serves.

import type { Server } from 'node:http';
import type { TextFormat } from '../../present/export/openmetrics/exposition.js';
import { isLoopback, refuse, reply, serve, urlOf, type Address } from '../serve.js';
import { CONTENT_TYPE, formatFor } from './negotiation.js';

export const METRICS = '/metrics';

/** The sentence that tells where they are. */
export function metricsAt(address: Address): string {
  const open = isLoopback(address) ? '' : ', for whoever can connect to it';
  return `metrics at ${urlOf(address, METRICS)}${open}.`;
}

/** Serves what `text` gives until it is closed. Rejects where the address can't be had. */
export function serveMetrics(address: Address, text: (format: TextFormat) => string): Promise<Server> {
  return serve(address, (path, request, response) => {
    if (path !== METRICS) return refuse(response, 404, `There is ${METRICS} and nothing else.`);
    const format = formatFor(request.headers.accept);
    return reply(request, response, text(format), { 'content-type': CONTENT_TYPE[format], vary: 'accept' });
  });
}
