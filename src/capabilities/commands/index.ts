import type { Capability, CapabilityDependencies } from '../capability.ts';
import './graphql-queries.ts';
import { commandsKey } from './graphql-mutation.ts';
import { type CommandOperations, createCommandOperations } from './operations.ts';
import { commandIndexes } from './store.ts';

export { CommandInterface } from './graphql.ts';
export { commandMutation, commandsKey, mayCall, statusOf, WhenOfflineEnum } from './graphql-mutation.ts';
export { type CommandRequest, commandRequests } from './graphql-request.ts';
export {
  type Command,
  type CommandDefinition,
  type CommandHooks,
  type CommandTarget,
  type CommandWarning,
  defineCommand,
  isAnswered,
  type Signal,
} from './model.ts';
export type { CommandOperations } from './operations.ts';

/** Everything the hub asks of charge points, as lasting objects. */
export function createCommands(
  parts: CapabilityDependencies & {
    /** Name of this hub process. */
    readonly instance: string;
    readonly callTimeoutMs: number;
    readonly callQueueMax: number;
    /** What would go out to a charge point without a link, in the version that it is taken to speak. */
    readonly describeOffline: (name: string, input: unknown) => { action: string; payload: unknown } | undefined;
  },
): Capability<CommandOperations> {
  const operations = createCommandOperations(parts);
  return {
    key: commandsKey,
    operations,
    adapters: [],
    indexes: commandIndexes,
    start: operations.start,
    stop: async () => operations.stop(),
  };
}
