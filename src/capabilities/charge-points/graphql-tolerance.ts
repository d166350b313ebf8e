import type { StationTolerance } from '../../gateway/adapter.ts';
import { builder } from '../../graphql/builder.ts';
import { findRepair } from '../../ocpp/repair-table.ts';
import { ChargePointRef } from './graphql-type.ts';
import { pingIntervalSecondsMax } from './model.ts';

const about = {
  assumeSubprotocol: 'It may offer no WebSocket sub-protocol, or `ocpp1.6` in another spelling.',
  anyIdentityCase:
    'It may connect with its identity in another letter case, unless that is the identity of another one.',
  zeroConnectorIsOne: 'Connector 0 in its StartTransaction and MeterValues is connector 1. Without effect when STRICT.',
  timeZone:
    'Zone of its timestamps that name none, e.g. `Europe/Berlin` or `+03:00`; UTC when null. Without effect when STRICT.',
  marksLocalTimeAsUtc: 'Its timestamps are local time, in `timeZone`, though marked `Z`. Without effect when STRICT.',
  pingIntervalSeconds: `WebSocket ping interval, in seconds: 0 (none) to ${pingIntervalSecondsMax}; null: as the hub is set up.`,
} satisfies Record<keyof StationTolerance, string>;

/** Changes what the hub puts up with from a charge point. */
export const ToleranceInput = builder.inputType('ChargePointToleranceInput', {
  description:
    'What the hub puts up with from one charge point beyond what it does for all. What is absent stays, null switches off.',
  fields: (t) => ({
    assumeSubprotocol: t.boolean({ description: about.assumeSubprotocol }),
    anyIdentityCase: t.boolean({ description: about.anyIdentityCase }),
    zeroConnectorIsOne: t.boolean({ description: about.zeroConnectorIsOne }),
    timeZone: t.string({ description: about.timeZone }),
    marksLocalTimeAsUtc: t.boolean({ description: about.marksLocalTimeAsUtc }),
    pingIntervalSeconds: t.int({ description: about.pingIntervalSeconds }),
  }),
});

const ToleranceRef = builder.objectRef<StationTolerance>('ChargePointTolerance').implement({
  description: 'What the hub puts up with from one charge point beyond what it does for all.',
  fields: (t) => ({
    assumeSubprotocol: t.boolean({
      description: about.assumeSubprotocol,
      resolve: (tolerance) => tolerance.assumeSubprotocol ?? false,
    }),
    anyIdentityCase: t.boolean({
      description: about.anyIdentityCase,
      resolve: (tolerance) => tolerance.anyIdentityCase ?? false,
    }),
    zeroConnectorIsOne: t.boolean({
      description: about.zeroConnectorIsOne,
      resolve: (tolerance) => tolerance.zeroConnectorIsOne ?? false,
    }),
    timeZone: t.exposeString('timeZone', { nullable: true, description: about.timeZone }),
    marksLocalTimeAsUtc: t.boolean({
      description: about.marksLocalTimeAsUtc,
      resolve: (tolerance) => tolerance.marksLocalTimeAsUtc ?? false,
    }),
    pingIntervalSeconds: t.exposeInt('pingIntervalSeconds', { nullable: true, description: about.pingIntervalSeconds }),
  }),
});

interface NamedDeviations {
  readonly name: string;
  readonly count: number;
  readonly lastAt: Date;
}

const DeviationsRef = builder.objectRef<NamedDeviations>('ChargePointDeviation').implement({
  description: 'One way in which a charge point deviated from OCPP, and how often the hub repaired or tolerated it.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'For programs, e.g. `wordCase` or `idTagTooLong`.' }),
    description: t.string({
      description: 'What the hub makes of it.',
      resolve: ({ name }) => findRepair(name)?.does ?? '',
    }),
    count: t.expose('count', { type: 'SafeInt', description: 'Messages or connections; some seconds late.' }),
    lastAt: t.expose('lastAt', { type: 'DateTime', description: 'When it was last seen.' }),
  }),
});

builder.objectFields(ChargePointRef, (t) => ({
  tolerance: t.field({
    type: ToleranceRef,
    description: 'What else the hub puts up with from it.',
    resolve: ({ tolerance }) => tolerance ?? {},
  }),
  deviations: t.field({
    type: [DeviationsRef],
    description: 'How it deviated from OCPP so far, by name; empty for one that never did.',
    resolve: ({ deviations = {} }): NamedDeviations[] =>
      Object.entries(deviations)
        .map(([name, { count, lastAt }]) => ({ name, count, lastAt }))
        .sort((a, b) => a.name.localeCompare(b.name, 'en')),
  }),
}));
