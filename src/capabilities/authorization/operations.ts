import { ConflictError, NotFoundError, ValidationError, VersionConflictError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import type { Page, PageRequest } from '../../kernel/page.ts';
import type { CapabilityDependencies } from '../capability.ts';
import type { ChargePointOperations } from '../charge-points/index.ts';
import { checkAccessGroups, checkTokenChange, checkTokenValue } from './checks.ts';
import { type AuthorizationRequest, createDeciding, type RecordedAttempt } from './deciding.ts';
import { tokenChanged } from './events.ts';
import {
  type AllowedPlace,
  type AttemptFilter,
  type AuthorizationAttempt,
  type ChargePointAccess,
  type Decision,
  foldToken,
  type NewToken,
  type Token,
  type TokenChange,
  type TokenFilter,
} from './model.ts';
import type { AccessStore, AttemptStore, TokenOrder, TokenStore } from './store.ts';

/** Points at one token: hub id, or value in any letter case. */
export type TokenReference = { readonly id: string } | { readonly value: string };

/** What is done with tokens. */
export interface AuthorizationOperations {
  /**
   * Decides about a token from what is stored here, nothing else is waited for. With purpose AUTHORIZE the attempt and its
   * event are durable before the answer; starts and stops record theirs with `record`, beside their own writes.
   */
  authorize(request: AuthorizationRequest): Promise<Decision>;
  /** Writes down the answer that a start or a stop was given; durable when it resolves. The same `key` twice is one attempt. */
  record(attempt: RecordedAttempt): Promise<void>;
  /** Newest first. */
  listAttempts(tenantId: string, filter: AttemptFilter, page: PageRequest): Promise<Page<AuthorizationAttempt>>;
  find(tenantId: string, reference: TokenReference): Promise<Token | undefined>;
  findMany(tenantId: string, ids: readonly string[]): Promise<readonly Token[]>;
  /** In any letter case; in no order, those that do not exist are missing. */
  findManyByValue(tenantId: string, values: readonly string[]): Promise<readonly Token[]>;
  list(tenantId: string, filter: TokenFilter, order: TokenOrder, page: PageRequest): Promise<Page<Token>>;
  /** Counts up to `max`. */
  count(tenantId: string, filter: TokenFilter, max: number): Promise<number>;
  /** Throws ValidationError; ConflictError when the value is taken. */
  create(tenantId: string, input: NewToken): Promise<Token>;
  /** Throws ValidationError, NotFoundError, VersionConflictError. */
  update(
    tenantId: string,
    reference: TokenReference,
    change: TokenChange,
    ifVersion?: number | undefined,
  ): Promise<Token>;
  /** Transactions of the token stay. Throws NotFoundError, VersionConflictError. */
  remove(tenantId: string, reference: TokenReference, ifVersion?: number | undefined): Promise<Token>;

  /** Limits a charge point to the tokens of groups; null: it is for everybody. Throws ValidationError. */
  limitChargePoint(tenantId: string, chargePointId: string, groupIds: readonly string[] | null): Promise<void>;
  /** The limits of those of the charge points that have one, in no order. */
  findLimits(tenantId: string, chargePointIds: readonly string[]): Promise<readonly ChargePointAccess[]>;
}

/** How often a change without `ifVersion` is tried when others change the same token. */
const changeTries = 5;

/** The operations on tokens. */
export function createAuthorizationOperations({
  tokens,
  attempts,
  access,
  events,
  clock,
  chargePoints,
}: Pick<CapabilityDependencies, 'events' | 'clock'> & {
  tokens: TokenStore;
  attempts: AttemptStore;
  access: AccessStore;
  chargePoints: Pick<ChargePointOperations, 'find' | 'findMany'>;
}): AuthorizationOperations {
  const lookUp = async (tenantId: string, reference: TokenReference): Promise<Token> => {
    const found =
      'id' in reference
        ? await tokens.find(tenantId, reference.id)
        : await tokens.findByValue(tenantId, reference.value);
    if (found === null) throw new NotFoundError('token', 'id' in reference ? reference.id : reference.value);
    return found;
  };

  /** Reads, checks the version, and tries `act` until nobody was faster. */
  const changing = async (
    tenantId: string,
    reference: TokenReference,
    ifVersion: number | undefined,
    act: (present: Token) => Promise<Token | undefined>,
  ): Promise<Token> => {
    for (let tries = 0; ; tries++) {
      const present = await lookUp(tenantId, reference);
      if (ifVersion !== undefined && present.version !== ifVersion) {
        throw new VersionConflictError('token', present.version);
      }
      const done = await act(present);
      if (done !== undefined) return done;
      if (tries >= changeTries) throw new VersionConflictError('token', present.version);
    }
  };

  /** A charge point of another tenant is as unknown as one that nobody has. */
  const checkPlacesExist = async (tenantId: string, places: readonly AllowedPlace[] | null | undefined) => {
    if (!places) return;
    const found = await chargePoints.findMany(
      tenantId,
      places.map(({ chargePointId }) => chargePointId),
    );
    const known = new Set(found.map(({ _id }) => _id));
    const missing = places.findIndex(({ chargePointId }) => !known.has(chargePointId));
    if (missing >= 0) throw new ValidationError(`input.allowedAt.${missing}.chargePointId`, 'is no charge point');
  };

  /** The token that a group is named after answers with the group from now on. TC_053. */
  const markGroup = async (tenantId: string, valueKey: string): Promise<Token | undefined> => {
    const marked = await tokens.markGroup(tenantId, valueKey, clock.now());
    if (marked === null) return undefined;
    await events.append(tokenChanged(marked, 'UPDATED', marked.updatedAt));
    return marked;
  };

  return {
    ...createDeciding({ tokens, attempts, access, events, clock, chargePoints }),
    listAttempts: attempts.list,

    async find(tenantId, reference) {
      const found =
        'id' in reference
          ? await tokens.find(tenantId, reference.id)
          : await tokens.findByValue(tenantId, reference.value);
      return found ?? undefined;
    },
    findMany: tokens.findMany,
    findManyByValue: tokens.findManyByValue,
    list: tokens.list,
    count: tokens.count,

    async create(tenantId, input) {
      checkTokenValue(input.value);
      checkTokenChange(input);
      await checkPlacesExist(tenantId, input.allowedAt);
      const now = clock.now();
      const token: Token = {
        _id: newId(now),
        tenantId,
        value: input.value,
        valueKey: foldToken(input.value),
        status: input.status ?? 'ACTIVE',
        ...(input.validFrom !== undefined && { validFrom: input.validFrom }),
        ...(input.validUntil !== undefined && { validUntil: input.validUntil }),
        ...(input.groupId !== undefined && { groupId: input.groupId, groupKey: foldToken(input.groupId) }),
        allowConcurrent: input.allowConcurrent ?? null,
        ...(input.allowedAt !== undefined && { allowedAt: input.allowedAt }),
        ...(input.allowedHours !== undefined && { allowedHours: input.allowedHours }),
        ...(input.note !== undefined && { note: input.note }),
        createdAt: now,
        updatedAt: now,
        version: 1,
      };
      if (!(await tokens.insert(token))) throw new ConflictError('there is a token with this value already');
      await events.append(tokenChanged(token, 'CREATED', now));
      if (token.groupKey !== undefined) await markGroup(tenantId, token.groupKey);
      // after the insert: of a group and a member that come at the same time, one sees the other
      const isGroup = await tokens.hasMembers(tenantId, token.valueKey);
      return (isGroup ? await markGroup(tenantId, token.valueKey) : undefined) ?? token;
    },

    async update(tenantId, reference, change, ifVersion) {
      checkTokenChange(change);
      await checkPlacesExist(tenantId, change.allowedAt);
      const token = await changing(tenantId, reference, ifVersion, async (present) => {
        const next = changed(present, change, clock.now());
        checkTokenChange(next);
        return (await tokens.replace(present, next)) ? next : undefined;
      });
      await events.append(tokenChanged(token, 'UPDATED', token.updatedAt));
      if (token.groupKey === undefined) return token;
      const marked = await markGroup(tenantId, token.groupKey);
      return marked?._id === token._id ? marked : token;
    },

    async remove(tenantId, reference, ifVersion) {
      const token = await changing(tenantId, reference, ifVersion, async (present) =>
        (await tokens.remove(present)) ? present : undefined,
      );
      await events.append(tokenChanged(token, 'DELETED', clock.now()));
      return token;
    },

    async limitChargePoint(tenantId, chargePointId, groupIds) {
      if (groupIds === null) {
        await access.remove(tenantId, chargePointId);
        return;
      }
      checkAccessGroups(groupIds);
      const groupKeys = [...new Set(groupIds.map(foldToken))];
      await access.put({ _id: chargePointId, tenantId, groupIds, groupKeys, updatedAt: clock.now() });
    },
    findLimits: access.findMany,
  };
}

function changed(present: Token, change: TokenChange, now: Date): Token {
  const { validFrom, validUntil, groupId, groupKey: _before, allowedAt, allowedHours, note, ...lasting } = present;
  const after = <T>(before: T | undefined, wanted: T | null | undefined): T | undefined =>
    wanted === undefined ? before : (wanted ?? undefined);
  const next = {
    validFrom: after(validFrom, change.validFrom),
    validUntil: after(validUntil, change.validUntil),
    groupId: after(groupId, change.groupId),
    allowedAt: after(allowedAt, change.allowedAt),
    allowedHours: after(allowedHours, change.allowedHours),
    note: after(note, change.note),
  };
  return {
    ...lasting,
    status: change.status ?? present.status,
    allowConcurrent: change.allowConcurrent === undefined ? present.allowConcurrent : change.allowConcurrent,
    ...(next.validFrom !== undefined && { validFrom: next.validFrom }),
    ...(next.validUntil !== undefined && { validUntil: next.validUntil }),
    ...(next.groupId !== undefined && { groupId: next.groupId, groupKey: foldToken(next.groupId) }),
    ...(next.allowedAt !== undefined && { allowedAt: next.allowedAt }),
    ...(next.allowedHours !== undefined && { allowedHours: next.allowedHours }),
    ...(next.note !== undefined && { note: next.note }),
    updatedAt: now,
    version: present.version + 1,
  };
}
