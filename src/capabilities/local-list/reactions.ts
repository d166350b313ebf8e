import type { Reactions } from '../../events/reactions.ts';
import type { Clock } from '../../kernel/clock.ts';
import { newId } from '../../kernel/ids.ts';
import { type AuthorizationOperations, foldToken, tokenChangedType } from '../authorization/index.ts';
import { statusChangedType } from '../availability/index.ts';
import type { ListStore } from './list-store.ts';
import type { StateStore } from './store.ts';

/** Changes of tokens that come together are sent together. */
const coalesceMs = 2_000;

/** What local lists do when something happens elsewhere: they note that charge points are to be looked at. */
export function createReactions({
  lists,
  states,
  tokens,
  clock,
}: {
  lists: ListStore;
  states: StateStore;
  tokens: Pick<AuthorizationOperations, 'find' | 'list'>;
  clock: Clock;
}): Reactions {
  const markAt = (delayMs: number) => {
    const now = clock.now();
    return { dueAt: new Date(now.getTime() + delayMs), mark: newId(now) };
  };
  const look = async (tenantId: string, chargePointId: string | undefined): Promise<void> => {
    if (chargePointId === undefined) return;
    await states.mark(tenantId, chargePointId, { ...markAt(coalesceMs), isNew: false, set: { mustCheck: true } });
  };

  /** Whether other tokens have this one as their group, so that its block is theirs. */
  const isGroup = async (tenantId: string, value: string): Promise<boolean> => {
    const groupIds = [...new Set([value, value.toUpperCase(), value.toLowerCase()])];
    return (await tokens.list(tenantId, { groupIds }, 'VALUE', { limit: 1, fromEnd: false })).items.length > 0;
  };

  return {
    CHARGE_POINT_CONNECTED: ({ tenantId, chargePointId }) => look(tenantId, chargePointId),
    // many charge points forget their list when they restart
    CHARGE_POINT_BOOTED: ({ tenantId, chargePointId }) => look(tenantId, chargePointId),

    [statusChangedType]: async ({ tenantId, chargePointId, connectorId, data }) => {
      if (connectorId !== 0 || chargePointId === undefined || data['errorCode'] !== 'LOCAL_LIST_CONFLICT') return;
      await states.mark(tenantId, chargePointId, { ...markAt(coalesceMs), isNew: true, set: { mustFull: true } });
    },

    [tokenChangedType]: async ({ tenantId, data }) => {
      const value = String(data['tokenValue']);
      const valueKey = foldToken(value);
      const token = await tokens.find(tenantId, { value });
      const now = clock.now();
      const mayCharge = token?.status === 'ACTIVE' && (token.validUntil === undefined || token.validUntil > now);
      const isUrgent = !mayCharge;
      const listIds = (await isGroup(tenantId, value))
        ? await lists.all(tenantId)
        : await lists.affected(tenantId, valueKey);
      const { dueAt: at, mark } = markAt(isUrgent ? 0 : coalesceMs);
      await Promise.all([
        ...listIds.map((_id) => lists.noteNews({ _id, tenantId, at, mark, urgent: isUrgent })),
        states.markExtra(tenantId, valueKey, {
          dueAt: at,
          mark,
          isNew: true,
          ...(isUrgent && { set: { urgent: true } }),
        }),
      ]);
    },
  };
}
