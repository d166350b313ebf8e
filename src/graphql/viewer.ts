import type { ApiScope, Principal } from '../kernel/principal.ts';
import type { HubContext } from './context.ts';

const extensionName = 'hub.viewer';

/** Says of a field that its value depends on who asks, beyond tenant and masking: streams that select it are not shared. */
export const dependsOnViewer: { readonly extensions: Record<string, unknown> } = {
  extensions: { [extensionName]: true },
};

/** Whether a field says so. */
export const isViewerDependent = ({
  extensions,
}: {
  readonly extensions: Readonly<Record<string, unknown>>;
}): boolean => extensions[extensionName] === true;

/** Scopes that may change a shared result, because they are part of what makes a group. */
const sharedScopes: readonly ApiScope[] = ['ID_TAGS_READ'];

/** What of a caller may change results: callers who are equal in it see the same. */
export const viewKey = ({ tenantId, scopes }: Principal): readonly unknown[] => [
  tenantId,
  ...sharedScopes.map((scope) => scopes.has(scope)),
];

/** Of a context, what does not tell callers of a group apart. */
const sharedFields: ReadonlySet<string | symbol> = new Set(['log', 'use']);

/**
 * A context for a result that several callers are given. `onLook` hears of it when a resolver looks at anything that tells
 * one of them from another; what it then sees is real, but the result must not be shared.
 */
export function sharedContext<Context extends HubContext>(context: Context, onLook: (at: string) => void): Context {
  const guard = <T extends object>(target: T, at: string, shared: (property: string | symbol) => unknown): T =>
    new Proxy(target, {
      get(_target, property) {
        const value = shared(property);
        if (value !== undefined) return value;
        onLook(`${at}.${String(property)}`);
        const seen: unknown = Reflect.get(target, property, target);
        return typeof seen === 'function' ? seen.bind(target) : seen;
      },
      has(_target, property) {
        onLook(`${at}.${String(property)}`);
        return Reflect.has(target, property);
      },
      ownKeys() {
        onLook(at);
        return Reflect.ownKeys(target);
      },
    });

  const { scopes } = context.principal;
  const hasScope = (scope: ApiScope): boolean => {
    if (!sharedScopes.includes(scope)) onLook(`principal.scopes.has(${scope})`);
    return scopes.has(scope);
  };
  const guardedScopes = guard(scopes, 'principal.scopes', (property) => (property === 'has' ? hasScope : undefined));
  const principal = guard(context.principal, 'principal', (property) => {
    if (property === 'scopes') return guardedScopes;
    return property === 'tenantId' ? context.principal.tenantId : undefined;
  });
  return guard(context, 'context', (property) => {
    if (property === 'principal') return principal;
    return sharedFields.has(property) ? Reflect.get(context, property) : undefined;
  });
}
