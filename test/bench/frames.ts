/** The kinds of messages that are measured. A `StartTransaction` is followed by its StopTransaction, which is not timed. */
export const kinds = ['Heartbeat', 'Authorize', 'StatusNotification', 'MeterValues', 'StartTransaction'] as const;
export type Kind = (typeof kinds)[number];

/** What one charge point of the swarm knows of itself. */
export interface StationState {
  readonly idTag: string;
  count: number;
  meterWh: number;
  transactionId: number | undefined;
}

/** The next message of a kind, with a new content each time. */
export function nextMessage(kind: Kind, station: StationState): { action: string; payload: object } {
  station.count += 1;
  const timestamp = new Date(Date.now() + station.count).toISOString();
  switch (kind) {
    case 'Heartbeat':
      return { action: kind, payload: {} };
    case 'Authorize':
      return { action: kind, payload: { idTag: station.idTag } };
    case 'StatusNotification': {
      const status = station.count % 2 === 0 ? 'Available' : 'Preparing';
      return { action: kind, payload: { connectorId: 1, errorCode: 'NoError', status, timestamp } };
    }
    case 'MeterValues':
      station.meterWh += 10;
      return { action: kind, payload: meterValues(station, timestamp) };
    case 'StartTransaction':
      if (station.transactionId === undefined) {
        const { idTag, meterWh } = station;
        return { action: kind, payload: { connectorId: 1, idTag, meterStart: meterWh, timestamp } };
      }
      station.meterWh += 100;
      return {
        action: 'StopTransaction',
        payload: { transactionId: station.transactionId, meterStop: station.meterWh, timestamp, reason: 'Local' },
      };
  }
}

const meterValues = (station: StationState, timestamp: string) => ({
  connectorId: 1,
  ...(station.transactionId !== undefined && { transactionId: station.transactionId }),
  meterValue: [
    {
      timestamp,
      sampledValue: [
        {
          value: String(station.meterWh),
          measurand: 'Energy.Active.Import.Register',
          unit: 'Wh',
          context: 'Sample.Periodic',
        },
        { value: '11040', measurand: 'Power.Active.Import', unit: 'W', context: 'Sample.Periodic' },
        { value: '16.0', measurand: 'Current.Import', unit: 'A', phase: 'L1', context: 'Sample.Periodic' },
        { value: '230.1', measurand: 'Voltage', unit: 'V', phase: 'L1-N', context: 'Sample.Periodic' },
      ],
    },
  ],
});
