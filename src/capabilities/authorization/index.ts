import { repeat } from '../../kernel/clock.ts';
import type { Capability, CapabilityDependencies } from '../capability.ts';
import type { ChargePointOperations } from '../charge-points/index.ts';
import type { CommandOperations } from '../commands/index.ts';
import { clearCache } from './commands.ts';
import './graphql.ts';
import './graphql-access.ts';
import './graphql-attempts.ts';
import './graphql-commands.ts';
import './graphql-events.ts';
import { authorizationKey } from './key.ts';
import { ocpp16 } from './ocpp16.ts';
import { ocpp16Commands } from './ocpp16-commands.ts';
import { type AuthorizationOperations, createAuthorizationOperations } from './operations.ts';
import { authorizationIndexes, createAccessStore, createAttemptStore, createTokenStore } from './store.ts';

export type { AuthorizationRequest } from './deciding.ts';
export { tokenChangedType } from './events.ts';
export { AuthorizationStatusEnum, TokenRef } from './graphql-type.ts';
export { authorizationKey } from './key.ts';
export { type AuthorizationStatus, type Decision, foldToken, type Token, tokenValueMax } from './model.ts';
export { idTagInfo } from './ocpp16.ts';
export type { AuthorizationOperations, TokenReference } from './operations.ts';

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
    chargePoints: Pick<ChargePointOperations, 'find' | 'findMany' | 'onDeleted'>;
    commands: Pick<CommandOperations, 'register'>;
  },
): Capability<AuthorizationOperations> {
  const { attemptRetentionDays = 90, chargePoints, commands } = options;
  commands.register(clearCache);
  const attempts = createAttemptStore(store);
  const access = createAccessStore(store);
  chargePoints.onDeleted(({ tenantId, _id }) => access.remove(tenantId, _id));
  const tokens = createTokenStore(store);
  const operations = createAuthorizationOperations({ tokens, attempts, access, events, clock, chargePoints });
  const sweep = async (): Promise<void> => {
    const before = new Date(clock.now().getTime() - attemptRetentionDays * dayMs);
    for (let pieces = 0; pieces < sweepPiecesMax && (await attempts.sweep(before)); pieces += 1);
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
