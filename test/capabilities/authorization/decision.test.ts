import { describe, expect, test } from 'vitest';
import { type AuthorizationFacts, decide } from '../../../src/capabilities/authorization/decision.ts';
import type { AuthorizationPurpose, Token } from '../../../src/capabilities/authorization/model.ts';

const now = new Date('2026-06-01T12:00:00Z'); // a Monday
const before = new Date('2026-06-01T11:00:00Z');
const after = new Date('2026-06-01T13:00:00Z');
const inAMinute = new Date('2026-06-01T12:01:00Z');

const token = (over: Partial<Token> = {}): Token => ({
  _id: 't',
  tenantId: 'default',
  value: 'Card',
  valueKey: 'CARD',
  status: 'ACTIVE',
  allowConcurrent: null,
  createdAt: before,
  updatedAt: before,
  version: 1,
  ...over,
});
const tuesdays = {
  timeZone: 'UTC',
  spans: [{ days: ['TUESDAY'], from: '00:00', to: '24:00' }],
} as const satisfies Token['allowedHours'];
const limit = (...groupIds: string[]) => ({
  _id: 'here',
  tenantId: 'default',
  groupIds,
  groupKeys: groupIds.map((groupId) => groupId.toUpperCase()),
  updatedAt: before,
});

interface Case {
  readonly name: string;
  readonly reason: string;
  readonly status: string;
  readonly token?: Partial<Token>;
  readonly group?: Partial<Token>;
  readonly facts?: Partial<AuthorizationFacts>;
}

/** Every rule, in the order in which they win. */
const rules: readonly Case[] = [
  { name: 'blocked', status: 'BLOCKED', reason: 'TOKEN_BLOCKED', token: { status: 'BLOCKED' } },
  { name: 'group blocked', status: 'BLOCKED', reason: 'GROUP_BLOCKED', group: { status: 'BLOCKED' } },
  { name: 'invalid', status: 'INVALID', reason: 'TOKEN_INVALID', token: { status: 'INVALID' } },
  { name: 'not yet valid', status: 'INVALID', reason: 'TOKEN_NOT_YET_VALID', token: { validFrom: after } },
  { name: 'expired', status: 'EXPIRED', reason: 'TOKEN_EXPIRED', token: { validUntil: now } },
  {
    name: 'elsewhere only',
    status: 'NOT_AT_THIS_LOCATION',
    reason: 'PLACE_NOT_ALLOWED',
    token: { allowedAt: [{ chargePointId: 'there' }] },
  },
  {
    name: 'a charge point for others',
    status: 'NOT_AT_THIS_LOCATION',
    reason: 'CHARGE_POINT_RESTRICTED',
    facts: { access: limit('OTHERS') },
  },
  {
    name: 'outside its hours',
    status: 'NOT_AT_THIS_TIME',
    reason: 'TIME_NOT_ALLOWED',
    token: { allowedHours: tuesdays },
  },
  {
    name: 'reserved for somebody else',
    status: 'NOT_AT_THIS_TIME',
    reason: 'RESERVED_FOR_OTHER',
    facts: { reservedFor: { tokenValue: 'SOMEBODY', groupId: 'OTHERS' } },
  },
  {
    name: 'in use',
    status: 'CONCURRENT_TX',
    reason: 'TOKEN_IN_USE',
    token: { allowConcurrent: 1 },
    facts: { runningElsewhere: 1 },
  },
];

/** What all of the cases say at once; where two say different things of one field, the first. */
function factsOf(cases: readonly Case[], purpose: AuthorizationPurpose = 'START'): AuthorizationFacts {
  const merged = [...cases].reverse();
  const groups = merged.flatMap(({ group }) => (group === undefined ? [] : [group]));
  return {
    purpose,
    now,
    chargePointId: 'here',
    ...Object.assign({}, ...merged.map(({ facts }) => facts)),
    token: token(Object.assign({ groupId: 'Fleet' }, ...merged.map((one) => one.token))),
    ...(groups.length > 0 && { group: token(Object.assign({ value: 'Fleet', valueKey: 'FLEET' }, ...groups)) }),
  };
}

describe('the first rule that matches decides (AUT-1, STA-5)', () => {
  test.each(rules)('$name: $status', (rule) => {
    const { status, reason } = rule;
    expect(decide(factsOf([rule]))).toMatchObject({ status, reason, groupId: 'Fleet' });
  });

  const pairs = rules.flatMap((first, index) => rules.slice(index + 1).map((second) => ({ first, second })));
  test.each(pairs)('$first.name before $second.name', ({ first, second }) => {
    expect(decide(factsOf([first, second])).reason).toBe(first.reason);
  });

  test('an unknown token is invalid whatever else holds, and nothing else is said of it', () => {
    expect(decide({ ...factsOf(rules), token: undefined })).toEqual({ status: 'INVALID', reason: 'TOKEN_UNKNOWN' });
  });

  test('a token that nothing speaks against is accepted, with group and expiry (AUT-2)', () => {
    expect(decide(factsOf([{ name: '', reason: '', status: '', token: { validUntil: after } }]))).toEqual({
      status: 'ACCEPTED',
      reason: 'TOKEN_ACCEPTED',
      validUntil: after,
      groupId: 'Fleet',
    });
  });
});

describe('what a purpose is judged by', () => {
  const reasons = (purpose: AuthorizationPurpose) => rules.map((rule) => decide(factsOf([rule], purpose)).reason);

  test('Authorize is never answered ConcurrentTx: the driver may want to stop (AUT-1)', () => {
    expect(reasons('AUTHORIZE')).toEqual([...rules.slice(0, -1).map(({ reason }) => reason), 'TOKEN_ACCEPTED']);
  });

  test('a stop is judged by the token alone', () => {
    expect(reasons('STOP')).toEqual([
      'TOKEN_BLOCKED',
      'GROUP_BLOCKED',
      'TOKEN_INVALID',
      'TOKEN_NOT_YET_VALID',
      'TOKEN_EXPIRED',
      ...Array<string>(5).fill('TOKEN_ACCEPTED'),
    ]);
  });

  test('in certification mode parallel use is no reason to refuse', () => {
    const facts = factsOf(rules.slice(-1));
    expect(decide({ ...facts, certificationMode: true }).reason).toBe('TOKEN_ACCEPTED');
  });
});

describe('where, when and for whom', () => {
  const reason = (over: Partial<Token>, facts: Partial<AuthorizationFacts> = {}) =>
    decide({ ...factsOf([], 'START'), token: token(over), ...facts }).reason;
  const at = (connectorIds: number[] | undefined) => ({
    allowedAt: [{ chargePointId: 'there' }, { chargePointId: 'here', ...(connectorIds && { connectorIds }) }],
  });

  test.each([
    ['any connector of an allowed charge point', at(undefined), 1, 'TOKEN_ACCEPTED'],
    ['an allowed connector', at([1, 2]), 2, 'TOKEN_ACCEPTED'],
    ['another connector', at([1, 2]), 3, 'PLACE_NOT_ALLOWED'],
    ['a connector that was not said', at([1, 2]), undefined, 'TOKEN_ACCEPTED'],
  ] as const)('%s', (_name, over, connectorId, expected) => {
    expect(reason({ allowedAt: over.allowedAt }, { connectorId })).toBe(expected);
  });

  test('the limits of the group hold for its members, beside their own', () => {
    const group = token({ value: 'Fleet', valueKey: 'FLEET', allowedAt: [{ chargePointId: 'there' }] });
    expect(reason({ groupId: 'Fleet' }, { group })).toBe('PLACE_NOT_ALLOWED');
    expect(reason({ groupId: 'Fleet', ...at(undefined) }, { group })).toBe('PLACE_NOT_ALLOWED');
    expect(reason({ groupId: 'Fleet' }, { group: token({ allowedHours: tuesdays }) })).toBe('TIME_NOT_ALLOWED');
  });

  test('a private charge point takes members of its groups in any letter case, and the token that is the group', () => {
    expect(reason({ groupId: 'fleet' }, { access: limit('Others', 'Fleet') })).toBe('TOKEN_ACCEPTED');
    expect(reason({ value: 'Fleet', valueKey: 'FLEET' }, { access: limit('Fleet') })).toBe('TOKEN_ACCEPTED');
    expect(reason({}, { access: limit('Fleet') })).toBe('CHARGE_POINT_RESTRICTED');
  });

  test('a late start is judged by the hour in which it began', () => {
    const allowedHours = { timeZone: 'UTC', spans: [{ days: ['MONDAY'], from: '06:00', to: '08:00' }] } as const;
    expect(reason({ allowedHours })).toBe('TIME_NOT_ALLOWED');
    expect(reason({ allowedHours }, { happenedAt: new Date('2026-06-01T07:00:00Z') })).toBe('TOKEN_ACCEPTED');
  });

  test('a reservation is for its token in any letter case, and for its group', () => {
    expect(reason({}, { reservedFor: { tokenValue: 'card' } })).toBe('TOKEN_ACCEPTED');
    expect(reason({ groupId: 'Fleet' }, { reservedFor: { tokenValue: 'X', groupId: 'FLEET' } })).toBe('TOKEN_ACCEPTED');
    expect(reason({ groupId: 'Fleet' }, { reservedFor: { tokenValue: 'X' } })).toBe('RESERVED_FOR_OTHER');
  });
});

describe('how long a charge point may remember', () => {
  test.each(rules)('$name', (rule) => {
    const { status, cacheUntil } = decide(factsOf([rule]));
    expect(cacheUntil).toEqual(status.startsWith('NOT_AT_THIS') ? inAMinute : undefined);
  });

  test('never beyond the validity of the token', () => {
    const soon = new Date('2026-06-01T12:00:30Z');
    const facts = { ...factsOf([]), access: limit('OTHERS'), token: token({ validUntil: soon }) };
    expect(decide(facts)).toEqual({
      status: 'NOT_AT_THIS_LOCATION',
      reason: 'CHARGE_POINT_RESTRICTED',
      validUntil: soon,
    });
  });
});
