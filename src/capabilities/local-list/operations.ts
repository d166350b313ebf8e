import type { Clock } from '../../kernel/clock.ts';
import {
  ChargePointOfflineError,
  ConflictError,
  NotFoundError,
  ValidationError,
  VersionConflictError,
} from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { type AuthorizationOperations, foldToken } from '../authorization/index.ts';
import type { ChargePoint } from '../charge-points/index.ts';
import type { ProvisioningOperations } from '../provisioning/index.ts';
import type { LocalListOperations } from './contract.ts';
import { limitsOf } from './limits.ts';
import type { ListStore } from './list-store.ts';
import {
  checkList,
  checkValues,
  exceptionsMax,
  hasRule,
  type ListChange,
  type ListState,
  type LocalList,
  noState,
  tokensPerCallMax,
} from './model.ts';
import { entriesOf, warningsOf } from './raw.ts';
import type { ListRecord } from './record.ts';
import type { StateStore } from './store.ts';
import type { Synchroniser } from './synchroniser.ts';

/** How often a change without `ifVersion` is tried when others change the same list. */
const changeTries = 5;
/** Changes that come together are sent together. */
const coalesceMs = 2_000;

/** The operations on local lists. */
export function createLocalListOperations({
  lists,
  states,
  record,
  synchroniser,
  tokens,
  provisioning,
  clock,
}: {
  lists: ListStore;
  states: StateStore;
  record: ListRecord;
  synchroniser: Pick<Synchroniser, 'now'>;
  tokens: Pick<AuthorizationOperations, 'find'>;
  provisioning: Pick<ProvisioningOperations, 'configuration'>;
  clock: Clock;
}): LocalListOperations {
  const get = async (tenantId: string, id: string): Promise<LocalList> => {
    const found = await lists.find(tenantId, id);
    if (found === null) throw new NotFoundError('local list', id);
    return found;
  };

  /** Reads, checks the version, and tries `act` until nobody was faster. */
  async function changing(
    tenantId: string,
    id: string,
    ifVersion: number | undefined,
    act: (present: LocalList) => Promise<LocalList | undefined>,
  ): Promise<LocalList> {
    for (let tries = 1; ; tries += 1) {
      const present = await get(tenantId, id);
      if (ifVersion !== undefined && present.version !== ifVersion) {
        throw new VersionConflictError('local list', present.version);
      }
      const done = await act(present);
      if (done !== undefined) return done;
      if (tries === changeTries) throw new VersionConflictError('local list', present.version + 1);
    }
  }

  const replace = async (present: LocalList, change: ListChange): Promise<LocalList | undefined> => {
    const rule = {
      allActiveTokens: change.allActiveTokens ?? present.allActiveTokens,
      groupIds: change.groupIds === undefined ? present.groupIds : [...new Set(change.groupIds)],
    };
    const next: LocalList = {
      ...present,
      name: change.name ?? present.name,
      ...rule,
      hasRule: hasRule(rule),
      updatedAt: clock.now(),
      version: present.version + 1,
    };
    const done = await lists.replace(present, next);
    if (done === 'TAKEN') throw new ConflictError('there is a list with this name already');
    return done === 'DONE' ? next : undefined;
  };

  const soon = () => {
    const now = clock.now();
    return { dueAt: new Date(now.getTime() + coalesceMs), mark: newId(now), isNew: true };
  };
  const noteNews = ({ _id, tenantId }: LocalList): Promise<void> => {
    const { dueAt: at, mark } = soon();
    return lists.noteNews({ _id, tenantId, at, mark });
  };

  /** A new duty: earlier failures count no more. */
  async function newDuty(
    { tenantId, _id }: ChargePoint,
    set: Partial<ListState>,
    unset: readonly ('listId' | 'clearing' | 'extra' | 'excluded')[],
  ): Promise<ListState> {
    const { dueAt, mark } = soon();
    const changed = await states.change(
      tenantId,
      _id,
      { ...set, wish: mark, mark, dueAt },
      { unset: [...unset, 'trouble', 'lastError', 'failures'] },
    );
    await record.tell(tenantId, _id);
    return changed;
  }

  return {
    find: async (tenantId, id) => (await lists.find(tenantId, id)) ?? undefined,
    findMany: lists.findMany,
    page: lists.page,
    members: lists.memberPage,
    countMembers: lists.countMembers,
    assigned: states.page,
    countAssigned: states.countAssigned,
    state: async (tenantId, id) => (await states.find(tenantId, id)) ?? noState(tenantId, id),
    held: states.heldPage,

    async prepare({ tenantId, _id }, raw) {
      const { entries, warnings } = await entriesOf({ tokens, tenantId, now: clock.now() }, raw);
      const [state, limits] = await Promise.all([
        states.find(tenantId, _id),
        limitsOf(provisioning, { tenantId, chargePointId: _id }),
      ]);
      const listVersion = raw.listVersion ?? (await states.takeVersion(tenantId, _id));
      const update = { updateType: raw.updateType, listVersion, ...(entries !== undefined && { entries }) };
      return { update, warnings: [...warnings, ...warningsOf(update, state ?? noState(tenantId, _id), limits)] };
    },

    async create(tenantId, { name, allActiveTokens = false, groupIds = [], tokens = [] }) {
      checkList({ name, groupIds });
      checkValues(tokens, 'input.tokens', tokensPerCallMax);
      const now = clock.now();
      const list: LocalList = {
        _id: newId(now),
        tenantId,
        name,
        allActiveTokens,
        groupIds: [...new Set(groupIds)],
        hasRule: hasRule({ allActiveTokens, groupIds }),
        createdAt: now,
        updatedAt: now,
        version: 1,
      };
      if (!(await lists.insert(list))) throw new ConflictError('there is a list with this name already');
      await lists.addMembers(list, tokens);
      return list;
    },

    async update(tenantId, id, change, ifVersion) {
      checkList(change);
      const changed = await changing(tenantId, id, ifVersion, (present) => replace(present, change));
      await noteNews(changed);
      return changed;
    },

    async changeTokens(tenantId, id, { add, remove }) {
      checkValues(add, 'input.add', tokensPerCallMax);
      checkValues(remove, 'input.remove', tokensPerCallMax);
      const removed = new Set(remove.map(foldToken));
      if (add.some((value) => removed.has(foldToken(value)))) {
        throw new ValidationError('input.remove', 'a value is to be added or removed, not both');
      }
      const present = await get(tenantId, id);
      await Promise.all([lists.addMembers(present, add), lists.removeMembers(present, remove)]);
      const changed = await changing(tenantId, id, undefined, (latest) => replace(latest, {}));
      await noteNews(changed);
      return changed;
    },

    remove: (tenantId, id, ifVersion) =>
      changing(tenantId, id, ifVersion, async (present) => {
        if ((await states.countAssigned(tenantId, id, 1)) > 0) {
          throw new ConflictError('the list is assigned to charge points');
        }
        return (await lists.remove(present)) ? present : undefined;
      }),

    async assign(tenantId, listId, chargePoints) {
      const { _id } = await get(tenantId, listId);
      return Promise.all(chargePoints.map((chargePoint) => newDuty(chargePoint, { listId: _id }, ['clearing'])));
    },

    unassign: (tenantId, chargePoints, clear) =>
      Promise.all(
        chargePoints.map(async (chargePoint) => {
          if (clear) return newDuty(chargePoint, { clearing: true }, ['listId']);
          const unset = ['listId', 'clearing', 'dueAt', 'urgent', 'trouble', 'lastError', 'failures'] as const;
          const changed = await states.change(tenantId, chargePoint._id, { mark: newId(clock.now()) }, { unset });
          await record.tell(tenantId, chargePoint._id);
          return changed;
        }),
      ),

    setExceptions(chargePoint, { extra, excluded }) {
      checkValues(extra ?? [], 'input.extra', exceptionsMax);
      checkValues(excluded ?? [], 'input.excluded', exceptionsMax);
      const keys = (values: readonly string[]) => [...new Set(values.map(foldToken))];
      return newDuty(
        chargePoint,
        { ...(extra?.length && { extra: keys(extra) }), ...(excluded?.length && { excluded: keys(excluded) }) },
        [
          ...(extra?.length === 0 ? (['extra'] as const) : []),
          ...(excluded?.length === 0 ? (['excluded'] as const) : []),
        ],
      );
    },

    async synchronise(principal, chargePoint, { full, waitSeconds }) {
      const { tenantId, _id } = chargePoint;
      if (!(waitSeconds >= 0 && waitSeconds <= 60)) throw new ValidationError('input.waitSeconds', 'must be 0 to 60');
      const state = await states.find(tenantId, _id);
      if (state === null || (state.listId === undefined && state.clearing !== true)) {
        throw new ConflictError('no list is assigned to the charge point');
      }
      if (!chargePoint.link.connected) {
        throw new ChargePointOfflineError(chargePoint.identity, chargePoint.lastSeenAt);
      }
      // written down first: should the hub die, it takes it up by itself
      const set = { ...(full && { mustFull: true }), mustCheck: true };
      await states.mark(tenantId, _id, { ...soon(), set });
      const work = synchroniser.now(principal, chargePoint);
      await new Promise<void>((resolve, reject) => {
        const cancel = clock.after(waitSeconds * 1000, resolve);
        work.then(resolve, reject).finally(cancel);
      });
      return (await states.find(tenantId, _id)) ?? state;
    },
  };
}
