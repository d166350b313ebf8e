import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foldToken } from '../../../src/capabilities/authorization/index.ts';
import type { ListedInfo } from '../../../src/capabilities/local-list/commands.ts';
import { backOff, versionMax } from '../../../src/capabilities/local-list/model.ts';
import {
  difference,
  type EntrySet,
  infoOf,
  planChunks,
  sameInfo,
  versionAfter,
} from '../../../src/capabilities/local-list/plan.ts';
import { createModelList } from './model-list.ts';

const info: fc.Arbitrary<ListedInfo> = fc.record(
  {
    status: fc.constantFrom('ACCEPTED', 'BLOCKED', 'EXPIRED', 'INVALID'),
    validUntil: fc.date({ min: new Date('2026-01-01'), max: new Date('2027-01-01'), noInvalidDate: true }),
    groupId: fc.constantFrom('G1', 'G2'),
  },
  { requiredKeys: ['status'] },
);
/** Few different tags, so that wanted and held ones meet; in both letter cases. */
const tag = fc.integer({ min: 0, max: 40 }).chain((n) => fc.constantFrom(`tag${n}`, `TAG${n}`));
const entrySet: fc.Arbitrary<EntrySet> = fc
  .array(fc.tuple(tag, info), { maxLength: 60 })
  .map((list) => new Map(list.map(([idTag, listed]) => [foldToken(idTag), { idTag, info: listed }] as const)));

const onTheWire = ({ status, validUntil, groupId }: ListedInfo) => ({
  status,
  ...(validUntil && { expiryDate: validUntil.toISOString() }),
  ...(groupId && { parentIdTag: groupId }),
});

describe('whatever is wanted and held', () => {
  test('the messages make exactly the wanted list, within every limit, with growing versions and no token twice', () => {
    fc.assert(
      fc.property(
        entrySet,
        entrySet,
        fc.boolean(),
        fc.integer({ min: 1, max: 25 }),
        fc.integer({ min: 0, max: 1000 }),
        (wanted, held, isKnown, perMessage, heldVersion) => {
          const station = createModelList();
          let version = heldVersion;
          const heldTags = [...held.values()].map((entry) => ({
            idTag: entry.idTag,
            idTagInfo: onTheWire(entry.info),
          }));
          if (heldVersion > 0) {
            station.take({ listVersion: heldVersion, updateType: 'Full', localAuthorizationList: heldTags });
          }
          const knows = isKnown && heldVersion > 0;
          const chunks = planChunks(wanted, knows ? held : heldVersion > 0 ? undefined : new Map(), perMessage);
          for (const [index, { updateType, entries }] of chunks.entries()) {
            const next = versionAfter(version);
            expect(next).toBeGreaterThan(version);
            expect(next).toBeGreaterThan(0);
            version = next;
            expect(entries.length).toBeLessThanOrEqual(perMessage);
            expect(new Set(entries.map(({ idTag }) => foldToken(idTag))).size).toBe(entries.length);
            if (index > 0) expect(updateType).toBe('DIFFERENTIAL');
            const answer = station.take({
              listVersion: version,
              updateType: updateType === 'FULL' ? 'Full' : 'Differential',
              localAuthorizationList: entries.map((entry) => ({
                idTag: entry.idTag,
                ...(entry.info && { idTagInfo: onTheWire(entry.info) }),
              })),
            });
            expect(answer).toBe('Accepted');
          }
          const now = new Map(station.tags().map((one) => [foldToken(one.idTag), one.idTagInfo] as const));
          expect([...now.keys()].sort()).toEqual([...wanted.keys()].sort());
          for (const [key, entry] of wanted) {
            const present = now.get(key);
            const until = present?.expiryDate === undefined ? undefined : new Date(present.expiryDate);
            const listed = {
              status: present?.status as ListedInfo['status'], // what onTheWire made of it
              ...(until && { validUntil: until }),
              ...(present?.parentIdTag && { groupId: present.parentIdTag }),
            };
            expect(sameInfo(listed, entry.info)).toBe(true);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('what the charge point holds already needs no message', () => {
    fc.assert(
      fc.property(entrySet, fc.integer({ min: 1, max: 25 }), (held, perMessage) => {
        expect(planChunks(held, held, perMessage)).toEqual([]);
      }),
    );
  });

  test('a list that broke off half-way goes on with what is missing, it does not begin again', () => {
    fc.assert(
      fc.property(entrySet, fc.integer({ min: 1, max: 5 }), (wanted, perMessage) => {
        const [first, ...rest] = planChunks(wanted, undefined, perMessage);
        const held = new Map(
          (first?.entries ?? []).map(({ idTag, info: listed }) => [
            foldToken(idTag),
            { idTag, info: listed ?? { status: 'INVALID' as const } },
          ]),
        );
        fc.pre(rest.length > 1);
        const onwards = planChunks(wanted, held, perMessage);
        expect(onwards.every(({ updateType }) => updateType === 'DIFFERENTIAL')).toBe(true);
        expect(onwards.length).toBeLessThanOrEqual(rest.length);
      }),
    );
  });

  test('who may not charge, or not any more, comes first', () => {
    fc.assert(
      fc.property(entrySet, entrySet, (wanted, held) => {
        const accepted = difference(wanted, held).map((entry) => entry.info?.status === 'ACCEPTED');
        expect(accepted).toEqual([...accepted].sort((a, b) => Number(a) - Number(b)));
      }),
    );
  });
});

test('an empty list is sent as a full one that holds nothing', () => {
  const held: EntrySet = new Map([['A', { idTag: 'A', info: { status: 'ACCEPTED' } }]]);
  expect(planChunks(new Map(), held, 10)).toEqual([{ updateType: 'FULL', entries: [] }]);
});

test('expiry is compared to the second', () => {
  const at = (text: string): ListedInfo => ({ status: 'ACCEPTED', validUntil: new Date(text) });
  expect(sameInfo(at('2026-01-01T00:00:00.100Z'), at('2026-01-01T00:00:00.900Z'))).toBe(true);
  expect(sameInfo(at('2026-01-01T00:00:00.900Z'), at('2026-01-01T00:00:01.000Z'))).toBe(false);
});

test('versions begin again at 1 where the wire ends, and never are 0 or -1', () => {
  expect([-1, 0, 1, versionMax - 1, versionMax].map(versionAfter)).toEqual([1, 1, 2, versionMax, 1]);
});

test('the pause after failures grows from 15 minutes to a day', () => {
  expect([1, 2, 3, 8, 100].map((failures) => backOff(failures) / 60_000)).toEqual([15, 30, 60, 1440, 1440]);
});

test('a list says of a token what the token says of itself, and its group', () => {
  const now = new Date('2026-06-01');
  const later = new Date('2026-07-01');
  const earlier = new Date('2026-05-01');
  expect(infoOf({ status: 'ACTIVE' }, undefined, now)).toEqual({ status: 'ACCEPTED' });
  expect(infoOf({ status: 'ACTIVE', groupId: 'G', validUntil: later }, undefined, now)).toEqual({
    status: 'ACCEPTED',
    groupId: 'G',
    validUntil: later,
  });
  expect(infoOf({ status: 'ACTIVE', validUntil: earlier }, undefined, now).status).toBe('EXPIRED');
  expect(infoOf({ status: 'ACTIVE', validFrom: later }, undefined, now).status).toBe('INVALID');
  expect(infoOf({ status: 'ACTIVE', groupId: 'G' }, { status: 'BLOCKED' }, now).status).toBe('BLOCKED');
  expect(infoOf({ status: 'INVALID' }, undefined, now).status).toBe('INVALID');
});
