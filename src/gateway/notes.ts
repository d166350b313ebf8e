import type { Direction } from '../ocpp/validate.ts';

/** What the hub repaired, tolerated or refused in one message of a charge point. Only told when there is something to tell. */
export interface MessageNote {
  readonly messageId: string | number;
  readonly action: string;
  /** `request`: a CALL of the charge point. `response`: its CALLRESULT for a CALL of the hub. */
  readonly direction: Direction;
  /** Names of `repairTable`, each once. */
  readonly repairs: readonly string[];
  /** What breaks the schema and could not be repaired; never a value. */
  readonly violations: readonly string[];
}

/** Takes the notes of one link. Must not throw. */
export type TakeNote = (note: MessageNote) => void;
