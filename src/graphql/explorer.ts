import { renderGraphiQL } from '@graphql-yoga/render-graphiql';

/** The explorer page: everything that it needs is in it. */
export interface ExplorerPage {
  readonly html: string;
  /** Lets the page load nothing and talk to nobody but the hub that served it. */
  readonly contentSecurityPolicy: string;
}

/**
 * The page that a browser gets at the GraphQL path. It loads without a key; the key goes into its headers editor, which it
 * sends with queries and with subscriptions (as SSE).
 */
export const explorerPage = (defaultQuery: string): ExplorerPage => ({
  html: renderGraphiQL({
    title: 'OCPP hub',
    defaultQuery,
    headers: JSON.stringify({ Authorization: 'Bearer <API key>' }, undefined, 2),
    isHeadersEditorEnabled: true,
    defaultEditorToolsVisibility: 'headers',
    shouldPersistHeaders: true,
    subscriptionsProtocol: 'SSE',
  }),
  contentSecurityPolicy: [
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
  ].join('; '),
});
