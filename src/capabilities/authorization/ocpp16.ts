import { type Adapter, adapter, receives } from '../../gateway/adapter.ts';
import type { ResponseOf } from '../../ocpp/message.ts';
import { formatTimestamp } from '../../ocpp/time.ts';
import { Authorize } from '../../ocpp/v16/index.ts';
import { type AuthorizationStatus, type Decision, groupIdMax } from './model.ts';
import type { AuthorizationOperations } from './operations.ts';

type IdTagInfo = ResponseOf<typeof Authorize>['idTagInfo'];

/** Answers about a token. OCPP 1.6 §7.2 has no words for "not here" and "not now": the token is blocked at the moment. */
const wireStatuses: Readonly<Record<AuthorizationStatus, IdTagInfo['status']>> = {
  ACCEPTED: 'Accepted',
  BLOCKED: 'Blocked',
  EXPIRED: 'Expired',
  INVALID: 'Invalid',
  CONCURRENT_TX: 'ConcurrentTx',
  NOT_AT_THIS_LOCATION: 'Blocked',
  NOT_AT_THIS_TIME: 'Blocked',
};

/** A decision as idTagInfo: parentIdTag and expiryDate whenever there are any. AUT-2. */
export function idTagInfo({ status, validUntil, cacheUntil = validUntil, groupId }: Decision): IdTagInfo {
  return {
    status: wireStatuses[status],
    ...(cacheUntil !== undefined && { expiryDate: formatTimestamp(cacheUntil) }),
    ...(groupId !== undefined && groupId.length <= groupIdMax && { parentIdTag: groupId }),
  };
}

/** Authorization in the words of OCPP 1.6. */
export const ocpp16 = (authorization: Pick<AuthorizationOperations, 'authorize'>): Adapter =>
  adapter(['1.6'], {
    receives: [
      receives(Authorize, async ({ idTag }, { chargePoint, receivedAt }) => {
        const decision = await authorization.authorize({
          tenantId: chargePoint.tenantId,
          chargePointId: chargePoint.id,
          tokenValue: idTag,
          purpose: 'AUTHORIZE',
          receivedAt,
        });
        return { idTagInfo: idTagInfo(decision) };
      }),
    ],
  });
