import type { NewEvent } from '../../events/event.ts';
import type { CapabilityDependencies } from '../capability.ts';
import type { Command } from '../commands/index.ts';
import type { TransactionOperations } from '../transactions/index.ts';
import { profileChanged } from './events.ts';
import {
  type ClearCriteria,
  endsWith,
  heldStates,
  type InstalledProfile,
  type InstalledProfileState,
  isCleared,
  isReplacedBy,
} from './model.ts';
import type { ProfileChange, SmartChargingStore } from './store.ts';

/** The command that carried a profile, as far as its life needs it. */
type Carrier = Pick<Command, '_id' | 'tenantId' | 'chargePointId' | 'requestedAt'>;

/** A profile that is about to be sent. */
export interface SentProfile
  extends Pick<InstalledProfile, 'connectorId' | 'profile' | 'carrier' | 'transactionId' | 'tokenKey'> {
  readonly command: Carrier;
}

/** How long after its wish a remote start may still lead to a transaction: the queue, the answer, the cable. */
const startPatienceMs = 4_500_000;

/** States in which the hub waits to hear what became of a profile. */
const open = ['SENT', 'UNKNOWN'] as const satisfies readonly InstalledProfileState[];

/** What becomes of profiles after they were sent. Everything here may run twice. */
export function createProfileLife({
  profiles,
  events,
  clock,
  transactions,
}: Pick<CapabilityDependencies, 'events' | 'clock'> & {
  profiles: SmartChargingStore;
  transactions: Pick<TransactionOperations, 'find'>;
}) {
  /** Stores the new state, then tells of it; a repeat tells the same event again. */
  async function advance(
    profile: InstalledProfile,
    from: readonly InstalledProfileState[],
    change: ProfileChange & { readonly state: InstalledProfileState },
  ): Promise<InstalledProfile | undefined> {
    const moved = await profiles.move(profile, from, { ...change, updatedAt: clock.now() });
    const present = moved ?? (await profiles.find(profile.tenantId, profile._id));
    if (present?.state === change.state) await events.append(profileChanged(present));
    return moved ?? undefined;
  }

  /** What the charge point held goes where `matches`. Profiles of remote starts that still wait are not held yet. */
  async function remove(
    { tenantId, chargePointId }: Pick<InstalledProfile, 'tenantId' | 'chargePointId'>,
    matches: (held: InstalledProfile) => boolean,
    change: { readonly state: 'REPLACED' | 'CLEARED' | 'ENDED'; readonly removedByCommandId?: string },
  ): Promise<void> {
    for await (const held of profiles.held(tenantId, chargePointId)) {
      if (held.unsettled === true || !matches(held)) continue;
      await advance(held, heldStates, { ...change, removedAt: clock.now() });
    }
  }

  /**
   * The charge point took a profile. Others go first: whatever happens in between, two are never believed to be in one
   * place. What was sent later and has no answer yet stays: it replaces this one if it arrived.
   */
  async function install(profile: InstalledProfile, wireStatus: string, started: ProfileChange = {}): Promise<void> {
    const incoming = { ...profile, ...started };
    await remove(
      profile,
      (held) =>
        held._id !== profile._id &&
        isReplacedBy(held, incoming) &&
        (held.state === 'INSTALLED' || held.requestedAt <= profile.requestedAt),
      { state: 'REPLACED', removedByCommandId: profile._id },
    );
    const moved = await advance(profile, open, {
      ...started,
      state: 'INSTALLED',
      installedAt: clock.now(),
      wireStatus,
      settled: true,
    });
    await endIfOver(moved);
  }

  /** A transaction may have ended while its profile was on the way. */
  async function endIfOver(profile: InstalledProfile | undefined): Promise<void> {
    if (profile?.transactionId === undefined || profile.profile.purpose !== 'TX_PROFILE') return;
    const transaction = await transactions.find(profile.tenantId, profile.transactionId);
    if (transaction === undefined || transaction.state === 'ACTIVE') return;
    await advance(profile, heldStates, { state: 'ENDED', removedAt: clock.now() });
  }

  const find = ({ tenantId, _id }: Pick<Carrier, 'tenantId' | '_id'>) => profiles.find(tenantId, _id);

  const refuse = (profile: InstalledProfile, wireStatus: string) =>
    advance(profile, [...open, 'INSTALLED'], { state: 'REJECTED', wireStatus, settled: true });

  return {
    /** A profile is about to be sent. */
    async sent({ command, ...profile }: SentProfile): Promise<void> {
      const { _id, tenantId, chargePointId, requestedAt } = command;
      await profiles.insert({
        _id,
        tenantId,
        chargePointId,
        ...profile,
        state: 'SENT',
        unsettled: true,
        requestedAt,
        updatedAt: clock.now(),
      });
    },

    /** SetChargingProfile was answered, in time or late. Only a yes installs. OUT-2 */
    async answered(command: Carrier, wireStatus: string): Promise<void> {
      const profile = await find(command);
      if (profile === null) return;
      if (wireStatus === 'Accepted') {
        const isOpen = open.some((state) => state === profile.state);
        if (isOpen) await install(profile, wireStatus);
      } else await refuse(profile, wireStatus);
    },

    /** A remote start was answered: a yes leaves its profile waiting for the transaction. */
    async startAnswered(command: Carrier, wireStatus: string): Promise<void> {
      const profile = await find(command);
      if (profile === null) return;
      if (wireStatus === 'Accepted') await profiles.move(profile, open, { state: 'SENT', wireStatus });
      else await refuse(profile, wireStatus);
    },

    /** There is no usable answer. */
    async failed(command: Carrier & Pick<Command, 'failure'>): Promise<void> {
      const profile = await find(command);
      if (profile === null) return;
      const { failure } = command;
      if (failure?.kind === 'CALL_ERROR') await refuse(profile, failure.ocppErrorCode ?? failure.kind);
      else if (failure?.outcomeUnknown === false) await advance(profile, open, { state: 'NOT_SENT', settled: true });
      else await advance(profile, ['SENT'], { state: 'UNKNOWN', settled: profile.carrier === 'SET_CHARGING_PROFILE' });
    },

    /** ClearChargingProfile was accepted. What was sent after it stays. SC-9 */
    cleared: (command: Carrier, criteria: ClearCriteria): Promise<void> =>
      remove(command, (held) => held.requestedAt <= command.requestedAt && isCleared(held, criteria), {
        state: 'CLEARED',
        removedByCommandId: command._id,
      }),

    /** A transaction began: if a remote start with a profile waits for it, the profile is there now. */
    async transactionStarted(event: NewEvent, tokenKey: string): Promise<void> {
      const { tenantId, chargePointId, connectorId, transactionId } = event;
      if (chargePointId === undefined || connectorId === undefined || transactionId === undefined) return;
      const since = new Date(event.receivedAt.getTime() - startPatienceMs);
      const waiting = (await profiles.awaitingStart(tenantId, chargePointId, tokenKey, since)).find(
        (profile) => profile.connectorId === undefined || profile.connectorId === connectorId,
      );
      if (waiting === undefined || (await profiles.takenOver(tenantId, transactionId)) !== null) return;
      await install(waiting, waiting.wireStatus ?? 'Accepted', {
        connectorId,
        transactionId,
        startedTransactionId: transactionId,
      });
    },

    /** A transaction ended, and its profiles with it. SC-8 */
    async transactionEnded({ tenantId, chargePointId, connectorId, transactionId }: NewEvent): Promise<void> {
      if (chargePointId === undefined || transactionId === undefined) return;
      await remove({ tenantId, chargePointId }, (held) => endsWith(held, { id: transactionId, connectorId }), {
        state: 'ENDED',
      });
    },

    /** The transaction that a remote start was to lead to will not come. */
    startMissed: (profile: InstalledProfile) =>
      advance(profile, open, { state: 'ENDED', removedAt: clock.now(), settled: true }),
  };
}

/** What becomes of profiles after they were sent. */
export type ProfileLife = ReturnType<typeof createProfileLife>;
