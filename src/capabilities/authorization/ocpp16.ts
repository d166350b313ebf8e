import { type Adapter, adapter, receives } from '../../gateway/adapter.ts';
import { wordMap } from '../../kernel/words.ts';
import type { ResponseOf } from '../../ocpp/message.ts';
import { formatTimestamp } from '../../ocpp/time.ts';
import { Authorize } from '../../ocpp/v16/index.ts';
import { type Decision, groupIdMax } from './model.ts';
import type { AuthorizationOperations } from './operations.ts';

/** Answers about a token. OCPP 1.6 §7.2. */
export const authorizationStatusWords = wordMap({
  Accepted: 'ACCEPTED',
  Blocked: 'BLOCKED',
  Expired: 'EXPIRED',
  Invalid: 'INVALID',
  ConcurrentTx: 'CONCURRENT_TX',
});

/** A decision as idTagInfo: parentIdTag and expiryDate whenever there are any. AUT-2. */
export const idTagInfo = ({ status, validUntil, groupId }: Decision): ResponseOf<typeof Authorize>['idTagInfo'] => ({
  status: authorizationStatusWords.toWire(status),
  ...(validUntil !== undefined && { expiryDate: formatTimestamp(validUntil) }),
  ...(groupId !== undefined && groupId.length <= groupIdMax && { parentIdTag: groupId }),
});

/** Authorization in the words of OCPP 1.6. */
export const ocpp16 = (authorization: AuthorizationOperations): Adapter =>
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
