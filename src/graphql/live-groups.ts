import { type ExecutionArgs, type ExecutionResult, execute } from 'graphql';
import { newMessageId } from '../kernel/ids.ts';
import type { Logger } from '../kernel/log.ts';
import type { HubContext } from './context.ts';
import type { LiveStreamOptions } from './fan-out.ts';
import { livePlan } from './live-plan.ts';
import { type ErrorOrigin, errorOrigin, nextPayload } from './presented-errors.ts';
import { smallTextCache } from './small-text-cache.ts';
import { sharedContext, viewKey } from './viewer.ts';

/** Where the payloads of one subscription go, as text. */
export interface Outlet {
  /** Never waits; a reader that is behind misses the oldest that wait. */
  deliver(payload: string): void;
  /** Forgets what waits. */
  end(): void;
}

type LiveArgs = ExecutionArgs & { readonly contextValue: HubContext & { readonly gone: AbortSignal } };
type Results = AsyncGenerator<ExecutionResult, undefined, undefined>;

interface Member {
  readonly args: LiveArgs;
  readonly outlet: Outlet;
  /** Where its items go since the group broke up. */
  alone: ((item: unknown) => void) | undefined;
  /** Reads on alone, these items first. */
  leave(items: readonly unknown[]): void;
  ended: boolean;
}

interface Told {
  readonly item: unknown;
  readonly members: Member[];
}

interface Group {
  readonly key: string;
  readonly planText: string;
  readonly members: Set<Member>;
  /** In the order in which they were told; by the item itself. */
  readonly waiting: Map<unknown, Told>;
  readonly origin: ErrorOrigin;
  running: boolean;
}

/** Items of a group that wait to be executed; older ones make room. */
const waitingMax = 4096;
/** Items executed beside each other; their frames leave together. */
const batchMax = 64;

/**
 * Live subscriptions that select the same for equal viewers are a group: each item is executed once, and every member gets
 * the same text. A group in which a resolver looks at the viewer though its field does not say so breaks up before
 * anything of that item is delivered, and its selection is never shared again. Rules S6 and S7.
 */
export function createLiveGroups(options: {
  readonly log: Logger;
  /** Runs an execution with a deadline; never rejects. */
  readonly inTime: (run: () => unknown, origin: ErrorOrigin) => Promise<ExecutionResult>;
  /** The results of one subscription by itself. */
  readonly alone: (source: LiveStreamOptions<unknown>, args: LiveArgs) => Results;
}): {
  /** Undefined when it cannot be shared. `ended` is called once. The results are empty while the group lasts. */
  join(args: LiveArgs, source: LiveStreamOptions<unknown>, outlet: Outlet, ended: () => void): Results | undefined;
  /** Groups that have members. */
  count(): number;
} {
  const { log, inTime, alone } = options;
  const groups = new Map<string, Group>();
  const unshared = smallTextCache<true>();

  function groupOf(args: LiveArgs): Group | undefined {
    const plan = livePlan(args.schema, args.document, args.operationName);
    if (plan === undefined || unshared.get(plan.text) !== undefined) return undefined;
    const given = args.variableValues ?? {};
    const variables = plan.variables.filter((name) => name in given).map((name) => [name, given[name]]);
    const key = JSON.stringify([plan.text, variables, viewKey(args.contextValue.principal)]);
    const present = groups.get(key);
    if (present !== undefined) return present;
    const origin = errorOrigin(log, newMessageId());
    return { key, planText: plan.text, members: new Set(), waiting: new Map(), origin, running: false };
  }

  function take(group: Group, item: unknown, member: Member): void {
    const told = group.waiting.get(item);
    if (told !== undefined) {
      told.members.push(member);
      return;
    }
    if (group.waiting.size >= waitingMax) {
      for (const oldest of group.waiting.keys()) {
        group.waiting.delete(oldest);
        break;
      }
    }
    group.waiting.set(item, { item, members: [member] });
    if (group.running) return;
    group.running = true;
    setImmediate(() => void run(group)); // whoever else hears the item in this turn has joined by then
  }

  async function run(group: Group): Promise<void> {
    while (group.waiting.size > 0) {
      const batch = [...group.waiting.values()].slice(0, batchMax);
      for (const { item } of batch) group.waiting.delete(item);
      const texts = await Promise.all(batch.map((told) => executed(group, told)));
      const looked = texts.indexOf(undefined);
      const shared = looked < 0 ? batch : batch.slice(0, looked);
      shared.forEach(({ members }, index) => {
        const textFor = texts[index];
        for (const member of members) if (!member.ended && textFor) member.outlet.deliver(textFor(member));
      });
      if (looked >= 0) breakUp(group, batch.slice(looked));
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    group.running = false;
  }

  /** The text for each member; undefined when a resolver looked at the viewer. */
  async function executed(group: Group, { item, members }: Told): Promise<((member: Member) => string) | undefined> {
    const first = members.find(({ ended }) => !ended);
    if (first === undefined) return () => '';
    const text = await textFor(group, item, first);
    if (text === undefined) return undefined;
    if (!text.hasErrors) return () => text.payload;
    // errors name lines and columns, which the same selection written otherwise has elsewhere
    const byDocument = new Map([[sourceOf(first), text.payload]]);
    for (const member of members) {
      if (member.ended || byDocument.has(sourceOf(member))) continue;
      const other = await textFor(group, item, member);
      if (other === undefined) return undefined;
      byDocument.set(sourceOf(member), other.payload);
    }
    return (member) => byDocument.get(sourceOf(member)) ?? text.payload;
  }

  async function textFor(
    { origin, planText }: Group,
    item: unknown,
    { args }: Member,
  ): Promise<{ payload: string; hasErrors: boolean } | undefined> {
    let lookedAt: string | undefined;
    const contextValue = sharedContext({ ...args.contextValue, log: origin.log }, (at) => {
      lookedAt ??= at;
    });
    const result = await inTime(() => execute({ ...args, rootValue: item, contextValue }), origin);
    if (lookedAt === undefined) {
      return { payload: JSON.stringify(nextPayload(result, origin)), hasErrors: result.errors !== undefined };
    }
    if (unshared.get(planText) === undefined) {
      unshared.set(planText, true); // from now on: told once, and nobody joins
      log.warn({ lookedAt }, 'a field of a live stream depends on its viewer and does not say so: it is not shared');
    }
    return undefined;
  }

  function breakUp(group: Group, batch: readonly Told[]): void {
    groups.delete(group.key);
    const left = [...batch, ...group.waiting.values()];
    group.waiting.clear();
    const own = new Map<Member, unknown[]>([...group.members].map((member) => [member, []]));
    for (const { item, members } of left) for (const member of members) own.get(member)?.push(item);
    group.members.clear();
    for (const [member, items] of own) member.leave(items);
  }

  return {
    count: () => groups.size,
    join(args, source, outlet, ended) {
      const group = groupOf(args);
      if (group === undefined) return undefined;
      let stop: (() => void) | undefined;
      let inner: Results | undefined;
      let decide: (results: Results | undefined) => void = () => undefined;
      const decided = new Promise<Results | undefined>((resolve) => {
        decide = resolve;
      });
      const member: Member = {
        args,
        outlet,
        alone: undefined,
        ended: false,
        leave(items) {
          const early = [...items];
          member.alone = (item) => early.push(item);
          const subscribe: LiveStreamOptions<unknown>['subscribe'] = (hear) => {
            member.alone = hear;
            early.forEach(hear);
            return () => undefined; // `end` stops the source
          };
          inner = alone({ ...source, subscribe }, args);
          decide(inner);
        },
      };
      const begin = (): void => {
        if (args.contextValue.gone.aborted) {
          end();
          return;
        }
        const present = groups.get(group.key) ?? group;
        groups.set(present.key, present);
        present.members.add(member);
        stop = source.subscribe((item) => {
          if (member.alone !== undefined) member.alone(item);
          else take(present, item, member);
        });
        leaveGroup = () => {
          present.members.delete(member);
          if (present.members.size === 0 && groups.get(present.key) === present) groups.delete(present.key);
        };
      };
      let leaveGroup = (): void => undefined;
      function end(): void {
        if (member.ended) return;
        member.ended = true;
        args.contextValue.gone.removeEventListener('abort', end);
        stop?.();
        leaveGroup();
        outlet.end();
        decide(undefined);
        ended();
      }
      args.contextValue.gone.addEventListener('abort', end, { once: true });
      let begun = false;
      const done = { done: true, value: undefined } as const;
      const results: Results = {
        [Symbol.asyncIterator]: () => results,
        async next() {
          if (!begun && !member.ended) {
            begun = true;
            begin();
          }
          const own = await decided;
          return member.ended || own === undefined ? done : await own.next();
        },
        async return() {
          end();
          await inner?.return(undefined);
          return done;
        },
        async throw(error) {
          end();
          await inner?.return(undefined);
          throw error;
        },
      };
      return results;
    },
  };
}

const sourceOf = ({ args }: Member): string => args.document.loc?.source.body ?? '';
