import type { CommandDefinition, Signal } from '../commands/index.ts';
import { jobChangedType } from './model.ts';

/** What every command for a job has in its input. */
interface JobInput {
  readonly jobId: string;
  readonly effectWithinMs: number;
}

/** The follow-up of a command for a job: it is there when the job succeeded, and will not come once it ended otherwise. */
export function jobEffect<Input extends JobInput, Outcome extends object>(
  promised: (outcome: Outcome) => boolean,
): NonNullable<CommandDefinition<Input, Outcome>['effect']> {
  return {
    withinMs: (_outcome, { effectWithinMs }) => effectWithinMs,
    promised,
    seen: (signal, { jobId }) => {
      const step = stepOf(signal, jobId);
      return step?.['succeeded'] === true ? { jobId } : undefined;
    },
    missed: (signal, { jobId }) => {
      const step = stepOf(signal, jobId);
      return step?.['isOpen'] === false && step['succeeded'] === false;
    },
  };
}

const stepOf = (signal: Signal, jobId: string): Readonly<Record<string, unknown>> | undefined =>
  signal.kind === 'event' && signal.event.type === jobChangedType && signal.event.data['jobId'] === jobId
    ? signal.event.data
    : undefined;
