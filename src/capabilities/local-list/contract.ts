import type { Page, PageRequest } from '../../kernel/page.ts';
import type { Principal } from '../../kernel/principal.ts';
import type { ChargePoint } from '../charge-points/index.ts';
import type { CommandWarning } from '../commands/index.ts';
import type { ListUpdate } from './commands.ts';
import type { HeldEntry, ListChange, ListState, LocalList, Member, NewList } from './model.ts';
import type { RawUpdate } from './raw.ts';

/** What is done with local lists and their charge points. */
export interface LocalListOperations {
  find(tenantId: string, id: string): Promise<LocalList | undefined>;
  findMany(tenantId: string, ids: readonly string[]): Promise<readonly LocalList[]>;
  /** By name. */
  page(tenantId: string, page: PageRequest): Promise<Page<LocalList>>;
  members(tenantId: string, listId: string, page: PageRequest): Promise<Page<Member>>;
  /** Never counts past `max`. */
  countMembers(tenantId: string, listId: string, max: number): Promise<number>;
  /** The states of the charge points that a list is assigned to. */
  assigned(tenantId: string, listId: string, page: PageRequest): Promise<Page<ListState>>;
  /** Never counts past `max`. */
  countAssigned(tenantId: string, listId: string, max: number): Promise<number>;
  /** The state of a charge point; an empty one when the hub never sent it a list. */
  state(tenantId: string, chargePointId: string): Promise<ListState>;
  /** What it holds, as far as the hub knows, by value. */
  held(tenantId: string, chargePointId: string, page: PageRequest): Promise<Page<HeldEntry>>;
  /** A message as a client wants it, with the next version unless one is given. Throws ValidationError. */
  prepare(
    chargePoint: Pick<ChargePoint, '_id' | 'tenantId'>,
    raw: RawUpdate,
  ): Promise<{ update: ListUpdate; warnings: readonly CommandWarning[] }>;
  /** Throws ValidationError; ConflictError when the name is taken. */
  create(tenantId: string, input: NewList): Promise<LocalList>;
  /** Throws ValidationError, NotFoundError, ConflictError, VersionConflictError. */
  update(tenantId: string, id: string, change: ListChange, ifVersion?: number): Promise<LocalList>;
  /** Chooses and drops tokens by value. Throws ValidationError, NotFoundError. */
  changeTokens(
    tenantId: string,
    id: string,
    change: { readonly add: readonly string[]; readonly remove: readonly string[] },
  ): Promise<LocalList>;
  /** Throws NotFoundError, VersionConflictError; ConflictError while it is assigned. */
  remove(tenantId: string, id: string, ifVersion?: number): Promise<LocalList>;
  /** Throws NotFoundError. */
  assign(tenantId: string, listId: string, chargePoints: readonly ChargePoint[]): Promise<readonly ListState[]>;
  /** Leaves what the charge points hold as it is, unless `clear`. */
  unassign(tenantId: string, chargePoints: readonly ChargePoint[], clear: boolean): Promise<readonly ListState[]>;
  /** What one charge point is to know beside its list, or not to know. Throws ValidationError. */
  setExceptions(
    chargePoint: ChargePoint,
    change: { readonly extra?: readonly string[] | undefined; readonly excluded?: readonly string[] | undefined },
  ): Promise<ListState>;
  /** Brings it level now. Throws ChargePointOfflineError; ConflictError when it is assigned nothing. */
  synchronise(
    principal: Principal,
    chargePoint: ChargePoint,
    options: { readonly full: boolean; readonly waitSeconds: number },
  ): Promise<ListState>;
}
