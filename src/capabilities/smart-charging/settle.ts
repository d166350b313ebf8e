import type { CapabilityDependencies } from '../capability.ts';
import type { Command, CommandOperations } from '../commands/index.ts';
import type { ProfileLife } from './life.ts';
import type { InstalledProfile } from './model.ts';
import type { SmartChargingStore } from './store.ts';

/** Profiles that are looked at in one round. */
const roundMax = 500;
/** A command that ended this long ago has told everything that it will tell by itself. */
const graceMs = 60_000;
/** The same for a remote start, whose transaction may wait for the cable; no answer is no proof that none will come. */
const startGraceMs = 240_000;

/**
 * One round over the profiles that wait for something: those whose command ended while the database was away, or whose
 * remote start led to no transaction.
 */
export function createSettling({
  profiles,
  life,
  commands,
  clock,
}: Pick<CapabilityDependencies, 'clock'> & {
  profiles: SmartChargingStore;
  life: ProfileLife;
  commands: Pick<CommandOperations, 'findMany'>;
}) {
  const isOver = ({ finishedAt }: Command, afterMs: number) =>
    finishedAt !== undefined && finishedAt.getTime() + afterMs <= clock.now().getTime();

  async function settle(profile: InstalledProfile, command: Command): Promise<void> {
    const { failure, outcome } = command;
    if (failure !== undefined && profile.state === 'SENT' && isOver(command, graceMs)) await life.failed(command);
    else if (profile.carrier === 'REMOTE_START') {
      if (isOver(command, startGraceMs)) await life.startMissed(profile);
    } else if (outcome !== undefined && isOver(command, graceMs)) {
      await life.answered(command, wireStatusOf(command));
    }
  }

  return async (): Promise<void> => {
    const waiting = await profiles.unsettled(roundMax);
    for (const tenantId of new Set(waiting.map((profile) => profile.tenantId))) {
      const ofTenant = waiting.filter((profile) => profile.tenantId === tenantId);
      const found = await commands.findMany(
        tenantId,
        ofTenant.map(({ _id }) => _id),
      );
      const byId = new Map(found.map((command) => [command._id, command]));
      for (const profile of ofTenant) {
        const command = byId.get(profile._id);
        if (command !== undefined) await settle(profile, command);
      }
    }
  };
}

/** The word of the answer that the command keeps verbatim. */
const wireStatusOf = ({ response }: Command): string => String((response as { status?: unknown }).status); // a CALLRESULT that matched its schema
