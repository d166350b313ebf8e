import type { NewEvent } from '../../events/event.ts';
import type { AuthorizationAttempt, Token } from './model.ts';

/** A token was presented with Authorize. Natural key: the attempt. */
export const tokenAuthorizedType = 'TOKEN_AUTHORIZED';
/** A token was created, changed or deleted. Natural key: the token, and its version or the deletion. */
export const tokenChangedType = 'TOKEN_CHANGED';

/** What a client did to a token. */
export type TokenChangeKind = 'CREATED' | 'UPDATED' | 'DELETED';

/** The event of an attempt. */
export const tokenAuthorized = (attempt: AuthorizationAttempt): NewEvent => ({
  tenantId: attempt.tenantId,
  type: tokenAuthorizedType,
  key: [attempt._id],
  occurredAt: attempt.at,
  receivedAt: attempt.at,
  chargePointId: attempt.chargePointId,
  data: { tokenValue: attempt.tokenValue, purpose: attempt.purpose, decision: attempt.decision },
});

/** The event of a change; `token` as it is after it, or as it was before it was deleted. */
export const tokenChanged = (token: Token, change: TokenChangeKind, at: Date): NewEvent => ({
  tenantId: token.tenantId,
  type: tokenChangedType,
  key: [token._id, change === 'DELETED' ? 'DELETED' : token.version],
  occurredAt: at,
  receivedAt: at,
  data: { tokenId: token._id, tokenValue: token.value, change, blocked: token.status === 'BLOCKED' },
});
