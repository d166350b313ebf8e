import type { Transaction } from './model.ts';
import type { TransactionChange } from './rules.ts';
import type { TransactionStore } from './store.ts';

/** How often a change is decided anew because something else was faster. */
const triesMax = 20;

/** Decides a change from the present state until it is stored, or none is needed. Gives the transaction as it is then. */
export async function changeTransaction(
  transactions: Pick<TransactionStore, 'change' | 'find'>,
  known: Transaction,
  decide: (present: Transaction) => TransactionChange | undefined,
): Promise<Transaction> {
  let present = known;
  for (let tries = 0; tries < triesMax; tries++) {
    const change = decide(present);
    if (change === undefined) return present;
    const changed = await transactions.change(present, change);
    if (changed !== null) return changed;
    const fresh = await transactions.find(present.tenantId, present._id);
    if (fresh === null) throw new Error('a transaction is gone');
    present = fresh;
  }
  throw new Error('a transaction changes faster than it can be changed');
}
