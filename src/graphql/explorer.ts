import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** The explorer page: everything that it needs is in it. */
export interface ExplorerPage {
  readonly html: Buffer;
  readonly gzipped: Buffer;
  readonly etag: string;
}

/** Lets the page load nothing and talk to nobody but the hub that served it. */
export const explorerContentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval' blob:",
  "style-src 'unsafe-inline'",
  'img-src data:',
  'font-src data:',
  'worker-src blob:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * The page that a browser gets at the GraphQL path; made when first asked for, because it weighs some megabytes. It loads
 * without a key; the key goes into its headers editor, which it sends with queries and with subscriptions (as SSE).
 */
export function createExplorer(defaultQuery: string): () => Promise<ExplorerPage> {
  let page: Promise<ExplorerPage> | undefined;
  return () => {
    page ??= makePage(defaultQuery);
    return page;
  };
}

async function makePage(defaultQuery: string): Promise<ExplorerPage> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const html = Buffer.from(
    renderGraphiQL({
      title: 'OCPP hub',
      defaultQuery,
      defaultHeaders: JSON.stringify({ Authorization: 'Bearer <API key>' }, undefined, 2),
      isHeadersEditorEnabled: true,
      defaultEditorToolsVisibility: 'headers',
      shouldPersistHeaders: true,
      subscriptionsProtocol: 'SSE',
    }),
  );
  const gzipped = await promisify(gzip)(html);
  return { html, gzipped, etag: `"${createHash('sha256').update(html).digest('base64url')}"` };
}
