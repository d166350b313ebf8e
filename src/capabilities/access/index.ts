import type { Capability, CapabilityDependencies } from '../capability.ts';
import './graphql.ts';
import { createTokenVerifier, type TokenSettings } from './jwt.ts';
import { accessKey } from './key.ts';
import { type AccessOperations, createAccessOperations } from './operations.ts';
import { apiKeyIndexes } from './store.ts';

export { ActorRef } from './graphql-actor.ts';
export type { TokenSettings } from './jwt.ts';
export { accessKey } from './key.ts';
export type { AccessOperations } from './operations.ts';

/** Who may use the API, and for what. `tokens` absent: only API keys are taken. */
export function createAccess(
  { store, clock, log }: Pick<CapabilityDependencies, 'store' | 'clock' | 'log'>,
  { tokens }: { tokens?: TokenSettings | undefined } = {},
): Capability<AccessOperations> {
  const verifyToken = tokens === undefined ? undefined : createTokenVerifier(tokens, log);
  const operations = createAccessOperations({ store, clock, verifyToken });
  return { key: accessKey, operations, adapters: [], indexes: apiKeyIndexes };
}
