import type { NewEvent } from '../../events/event.ts';
import type { Transaction } from '../transactions/index.ts';

/** How long a charge point may take to obey the refusal. */
export const patienceMs = 120_000;

/** Whether the hub refused the start at the time; what was told long after it happened is history. */
export const isRefused = ({ authorization, late }: Pick<Transaction, 'authorization' | 'late'>): boolean =>
  authorization.status !== 'ACCEPTED' && !late;

/** Whether the energy that is told was measured, and told, after the patience with the charge point was over. */
export const isOverdue = (
  { startedAt, startReceivedAt }: Pick<Transaction, 'startedAt' | 'startReceivedAt'>,
  { occurredAt, receivedAt }: Pick<NewEvent, 'occurredAt' | 'receivedAt'>,
): boolean =>
  occurredAt.getTime() - startedAt.getTime() >= patienceMs &&
  receivedAt.getTime() - startReceivedAt.getTime() >= patienceMs;
