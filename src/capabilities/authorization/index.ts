import { repeat } from '../../kernel/clock.ts';
import type { Capability, CapabilityDependencies } from '../capability.ts';
import type { CommandOperations } from '../commands/index.ts';
import { clearCache } from './commands.ts';
import './graphql.ts';
import './graphql-commands.ts';
import './graphql-events.ts';
import { authorizationKey } from './key.ts';
import { ocpp16 } from './ocpp16.ts';
import { ocpp16Commands } from './ocpp16-commands.ts';
import { type AuthorizationOperations, createAuthorizationOperations } from './operations.ts';
import { authorizationIndexes, createTokenStore } from './store.ts';

export { tokenChangedType } from './events.ts';
export { AuthorizationStatusEnum, TokenRef } from './graphql-type.ts';
export { authorizationKey } from './key.ts';
export { type AuthorizationStatus, type Decision, foldToken, type Token, tokenValueMax } from './model.ts';
export { idTagInfo } from './ocpp16.ts';
export type { AuthorizationOperations, AuthorizationRequest, TokenReference } from './operations.ts';

const dayMs = 86_400_000;
const sweepPeriodMs = 3_600_000;
/** Pieces that one sweep deletes at most; the rest waits for the next. */
const sweepPiecesMax = 200;

/** Who may charge: tokens, and the answers to charge points about them. */
export function createAuthorization(
  { store, events, clock, log }: CapabilityDependencies,
  options: {
    /** How long it is kept which token was presented where, in days. */
    attemptRetentionDays?: number;
    commands: Pick<CommandOperations, 'register'>;
  },
): Capability<AuthorizationOperations> {
  const { attemptRetentionDays = 90, commands } = options;
  commands.register(clearCache);
  const tokens = createTokenStore(store);
  const operations = createAuthorizationOperations({ tokens, events, clock });
  const sweep = async (): Promise<void> => {
    const before = new Date(clock.now().getTime() - attemptRetentionDays * dayMs);
    for (let pieces = 0; pieces < sweepPiecesMax && (await tokens.sweepAttempts(before)); pieces += 1);
  };
  let stopSweeping = (): void => undefined;
  return {
    key: authorizationKey,
    operations,
    adapters: [ocpp16(operations), ocpp16Commands],
    indexes: authorizationIndexes,
    async start() {
      stopSweeping = repeat(clock, sweepPeriodMs, sweep, (error) =>
        log.warn({ err: error }, 'old authorization attempts could not be deleted'),
      );
    },
    async stop() {
      stopSweeping();
    },
  };
}
