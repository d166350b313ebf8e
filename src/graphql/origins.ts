import type { IncomingMessage, ServerResponse } from 'node:http';

/** Which web pages may use the API. Programs send no Origin and are not asked; a page of the hub's own origin always may. */
export interface Origins {
  /** Whether the request may be carried out, as far as its Origin goes. */
  isAllowed(request: IncomingMessage): boolean;
  /** Sets the CORS headers for an allowed foreign page; true when the request was a preflight and is answered. */
  answer(request: IncomingMessage, response: ServerResponse): boolean;
}

/** Never a wildcard and never credentials of the browser's own: the key is in a header. Rule A4. */
export function createOrigins(allowed: readonly string[]): Origins {
  const list = new Set(allowed);
  const isOwn = ({ headers }: IncomingMessage): boolean =>
    headers.host !== undefined &&
    URL.canParse(headers.origin ?? '') &&
    new URL(headers.origin ?? '').host === headers.host;
  return {
    isAllowed: (request) => request.headers.origin === undefined || isOwn(request) || list.has(request.headers.origin),
    answer(request, response) {
      const { origin } = request.headers;
      response.appendHeader('vary', 'origin');
      if (origin !== undefined && list.has(origin)) {
        response.setHeader('access-control-allow-origin', origin);
        response.setHeader('access-control-expose-headers', 'x-request-id');
      }
      if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return false;
      if (origin === undefined || !list.has(origin)) {
        response.writeHead(403).end();
        return true;
      }
      response.writeHead(204, {
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'authorization, content-type, x-api-key',
        'access-control-max-age': '600',
      });
      response.end();
      return true;
    },
  };
}
