import { type Clock, repeat } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { Principal } from '../kernel/principal.ts';

/** How often ends are looked for. */
const sweepMs = 1_000;
/** Every how many sweeps keys are looked up again, to learn what another process or the command line ended. */
const sweepsPerLookup = 10;

interface Watched {
  principal: Principal;
  readonly ends: Set<() => void>;
}

/** Sees to it that nothing stays open longer than the credential it was opened with. Rule A4. */
export interface LiveCredentials {
  /** Calls `end` when the credential expires or is ended. Gives the way to stop watching. */
  watch(credential: string, principal: Principal, end: () => void): () => void;
  /** A key was ended or changed on this process: it is looked up again at once. */
  changed(credentialId: string): void;
  close(): void;
}

/** One entry for each credential in use, however many connections it has. */
export function createLiveCredentials({
  authenticate,
  clock,
  log,
}: {
  authenticate: (credential: string) => Promise<Principal | undefined>;
  clock: Clock;
  log: Logger;
}): LiveCredentials {
  const watched = new Map<string, Watched>();
  let sweeps = 0;

  const end = (credential: string): void => {
    const entry = watched.get(credential);
    watched.delete(credential);
    for (const close of entry?.ends ?? []) close();
  };

  /** What cannot be looked up now stays as it is: the database being away is no reason to throw everyone out. */
  const lookUp = async (credential: string): Promise<void> => {
    try {
      const principal = await authenticate(credential);
      const entry = watched.get(credential);
      if (principal === undefined) end(credential);
      else if (entry !== undefined) entry.principal = principal; // it may expire earlier now
    } catch (error) {
      log.warn({ err: error }, 'a credential in use could not be looked up');
    }
  };

  const sweep = async (): Promise<void> => {
    const now = clock.now();
    for (const [credential, { principal }] of watched) {
      if (principal.expiresAt !== undefined && principal.expiresAt <= now) end(credential);
    }
    sweeps += 1;
    if (sweeps % sweepsPerLookup !== 0) return;
    for (const [credential, { principal }] of [...watched]) {
      if (principal.actor.kind === 'API_KEY') await lookUp(credential); // a token ends by its clock only
    }
  };
  const stop = repeat(clock, sweepMs, sweep, (error) =>
    log.error({ err: error }, 'looking for ended credentials failed'),
  );

  return {
    watch(credential, principal, close) {
      const entry = watched.get(credential) ?? { principal, ends: new Set() };
      watched.set(credential, entry);
      entry.ends.add(close);
      return () => {
        entry.ends.delete(close);
        if (entry.ends.size === 0 && watched.get(credential) === entry) watched.delete(credential);
      };
    },
    changed(credentialId) {
      for (const [credential, { principal }] of [...watched]) {
        if (principal.actor.id === credentialId) void lookUp(credential); // never rejects
      }
    },
    close: stop,
  };
}
