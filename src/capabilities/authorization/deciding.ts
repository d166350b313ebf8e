import { contentId, newId } from '../../kernel/ids.ts';
import type { CapabilityDependencies } from '../capability.ts';
import type { ChargePointOperations } from '../charge-points/index.ts';
import { decide } from './decision.ts';
import { tokenAuthorized } from './events.ts';
import {
  type AuthorizationAttempt,
  type AuthorizationPurpose,
  type Decision,
  foldToken,
  type ReservationHolder,
  type Token,
  tokenValueMax,
} from './model.ts';
import type { AuthorizationOperations } from './operations.ts';
import type { AccessStore, AttemptStore, TokenStore } from './store.ts';

/** A token that is presented at a charge point. */
export interface AuthorizationRequest {
  readonly tenantId: string;
  /** As received; of any length. */
  readonly tokenValue: string;
  readonly purpose: AuthorizationPurpose;
  readonly chargePointId: string;
  /** Where in the charge point, if that is said. */
  readonly connectorId?: number;
  readonly receivedAt: Date;
  /** When it happened, where that was long before it was told. */
  readonly happenedAt?: Date;
  /** Counts the transactions of this token that run elsewhere; asked only when the token has a limit. STA-5. */
  readonly runningElsewhere?: () => Promise<number>;
  /** Whom the connector is reserved for; not asked for stops. */
  readonly reservedFor?: () => Promise<ReservationHolder | undefined>;
}

/** The answer that a start or a stop was given. */
export interface RecordedAttempt
  extends Pick<AuthorizationAttempt, 'tenantId' | 'chargePointId' | 'tokenValue' | 'decision'> {
  readonly purpose: 'START' | 'STOP';
  readonly connectorId?: number | undefined;
  /** Hub id. */
  readonly transactionId?: string | undefined;
  readonly receivedAt: Date;
  /** What tells this attempt from others of its purpose. */
  readonly key: readonly (string | number)[];
}

/**
 * Takes decisions and writes them down. Two round trips to the database at most: the token with the limit of the charge
 * point, then the group with whatever else the token makes necessary.
 */
export function createDeciding({
  tokens,
  attempts,
  access,
  events,
  clock,
  chargePoints,
}: Pick<CapabilityDependencies, 'events' | 'clock'> & {
  tokens: Pick<TokenStore, 'findByValue'>;
  attempts: Pick<AttemptStore, 'insert'>;
  access: Pick<AccessStore, 'find'>;
  chargePoints: Pick<ChargePointOperations, 'find'>;
}): Pick<AuthorizationOperations, 'authorize' | 'record'> {
  const findToken = async (tenantId: string, value: string): Promise<Token | undefined> =>
    value === '' || value.length > tokenValueMax
      ? undefined
      : ((await tokens.findByValue(tenantId, value)) ?? undefined);

  const groupOf = async (token: Token): Promise<Token | undefined> => {
    if (token.groupId === undefined || foldToken(token.groupId) === token.valueKey) return undefined;
    return findToken(token.tenantId, token.groupId);
  };

  /** What only some tokens and purposes need to know. */
  const furtherFacts = async (token: Token, request: AuthorizationRequest) => {
    const { tenantId, chargePointId, purpose, runningElsewhere, reservedFor } = request;
    const isLimited = purpose === 'START' && token.allowConcurrent !== null && runningElsewhere !== undefined;
    const [group, running, chargePoint, holder] = await Promise.all([
      groupOf(token),
      isLimited ? runningElsewhere() : 0,
      isLimited ? chargePoints.find(tenantId, chargePointId) : undefined,
      purpose === 'STOP' ? undefined : reservedFor?.(),
    ]);
    return {
      group,
      runningElsewhere: running,
      certificationMode: chargePoint?.certificationMode,
      reservedFor: holder,
    };
  };

  /** How long decisions took that are still to be recorded. */
  const latencies = new WeakMap<Decision, number>();
  const latencyMs = (receivedAt: Date): number => Math.max(0, clock.now().getTime() - receivedAt.getTime());

  return {
    async authorize(request) {
      const { tenantId, chargePointId, connectorId, tokenValue, purpose, receivedAt, happenedAt } = request;
      const [token, limit] = await Promise.all([
        findToken(tenantId, tokenValue),
        purpose === 'STOP' ? null : access.find(tenantId, chargePointId),
      ]);
      const decision = decide({
        token,
        ...(token !== undefined && (await furtherFacts(token, request))),
        ...(limit !== null && { access: limit }),
        purpose,
        now: clock.now(),
        chargePointId,
        connectorId,
        happenedAt,
      });
      latencies.set(decision, latencyMs(receivedAt));
      if (purpose !== 'AUTHORIZE') return decision;
      const attempt = attemptOf(newId(receivedAt), {
        tenantId,
        chargePointId,
        connectorId,
        tokenValue,
        purpose,
        decision,
        receivedAt,
        latencyMs: latencyMs(receivedAt),
      });
      await Promise.all([attempts.insert(attempt), events.append(tokenAuthorized(attempt))]);
      return decision;
    },

    record: ({ key, ...attempt }) =>
      attempts.insert(
        attemptOf(contentId('attempt', attempt.tenantId, attempt.purpose, ...key), {
          ...attempt,
          latencyMs: latencies.get(attempt.decision) ?? latencyMs(attempt.receivedAt),
        }),
      ),
  };
}

function attemptOf(
  id: string,
  {
    connectorId,
    transactionId,
    tokenValue,
    receivedAt,
    ...told
  }: Pick<AuthorizationAttempt, 'tenantId' | 'chargePointId' | 'tokenValue' | 'purpose' | 'decision' | 'latencyMs'> &
    Pick<RecordedAttempt, 'connectorId' | 'transactionId' | 'receivedAt'>,
): AuthorizationAttempt {
  const kept = tokenValue.slice(0, tokenValueMax);
  return {
    _id: id,
    ...told,
    ...(connectorId !== undefined && { connectorId }),
    ...(transactionId !== undefined && { transactionId }),
    tokenValue: kept,
    tokenKey: foldToken(kept),
    ...(told.decision.status !== 'ACCEPTED' && { refused: true as const }),
    at: receivedAt,
  };
}
