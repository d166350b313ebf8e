import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { DateTimeISOResolver, JSONResolver, SafeIntResolver } from 'graphql-scalars';

/** An instant. Accepts any offset, gives UTC with milliseconds. */
export const DateTimeScalar = new GraphQLScalarType({
  ...DateTimeISOResolver.toConfig(),
  name: 'DateTime',
  description:
    'An instant (RFC 3339). Given in UTC with milliseconds, e.g. 2026-11-22T06:12:26.759Z; taken with any offset.',
});

/** Any JSON value. */
export const JsonScalar = new GraphQLScalarType({
  ...JSONResolver.toConfig(),
  description: 'Any JSON value; used only for verbatim OCPP payloads and for data whose shape the hub does not know.',
});

/** A whole number that may pass 2^31. */
export const SafeIntScalar = new GraphQLScalarType({
  ...SafeIntResolver.toConfig(),
  description: 'A whole number within ± 2^53, for watt-hour registers and counters that pass 2^31.',
});

/** A place in the event log. */
export const EventCursorScalar = textScalar({
  name: 'EventCursor',
  description: 'A place in the event log. Store it, never read meaning into it. Pass it as `after` to go on behind it.',
  pattern: /^[\x21-\x7e]{1,1024}$/,
  expected: '1 to 1024 printable characters without spaces, as the hub gave them',
});

/** What makes a repeated mutation the same one. */
export const IdempotencyKeyScalar = textScalar({
  name: 'IdempotencyKey',
  description:
    '1 to 128 printable ASCII characters chosen by the client (a UUID is best). The same key with the same input is the same request, for 24 hours.',
  pattern: /^[\x20-\x7e]{1,128}$/,
  expected: '1 to 128 printable ASCII characters',
});

function textScalar(options: {
  name: string;
  description: string;
  pattern: RegExp;
  expected: string;
}): GraphQLScalarType<string, string> {
  const check = (value: unknown): string => {
    if (typeof value === 'string' && options.pattern.test(value)) return value;
    throw new GraphQLError(`${options.name} must be ${options.expected}`);
  };
  return new GraphQLScalarType<string, string>({
    name: options.name,
    description: options.description,
    serialize: check,
    parseValue: check,
    parseLiteral: (node: ValueNode) => check(node.kind === Kind.STRING ? node.value : undefined),
  });
}
