import type { Page, PageRequest } from '../../kernel/page.ts';
import type { CapabilityDependencies } from '../capability.ts';
import {
  type AvailabilityWish,
  type Connector,
  type ConnectorKey,
  type ConnectorStatusEntry,
  connectorDocumentId,
  decide,
  type StatusReport,
  statusChanged,
  unknownConnector,
} from './model.ts';
import type { ConnectorFilter, ConnectorStore } from './store.ts';

/** What is done with connectors. */
export interface AvailabilityOperations {
  findByIds(tenantId: string, ids: readonly string[]): Promise<readonly Connector[]>;
  /** All records of these charge points in the order of their numbers; number 0 is the charge point itself. */
  findOf(tenantId: string, chargePointIds: readonly string[]): Promise<readonly Connector[]>;
  /** Undefined when the charge point never spoke of it. */
  find(key: ConnectorKey): Promise<Connector | undefined>;
  /** Connectors that match, read piece by piece. */
  readAll(tenantId: string, filter: ConnectorFilter): AsyncIterable<Connector>;
  /** Newest first. */
  history(
    key: ConnectorKey,
    range: { from?: Date | undefined; to?: Date | undefined },
    page: PageRequest,
  ): Promise<Page<ConnectorStatusEntry>>;
  /** A message named the connector: makes it known, with status UNKNOWN, unless it is. STS-2. */
  ensureConnector(key: ConnectorKey, at: Date): Promise<void>;
  /** The charge point agreed what a connector shall be; for connector 0: it and all its connectors. CHA-1, CHA-2. */
  wish(key: ConnectorKey, wish: AvailabilityWish): Promise<void>;
  /** `Occupied` of OCPP 1.5 means CHARGING where `runs` tells of a transaction, else PREPARING. */
  occupied(key: ConnectorKey): Promise<'CHARGING' | 'PREPARING'>;
  /** Asks `runs` what `Occupied` means; the capability that knows of transactions gives it. */
  decideOccupied(runs: (key: ConnectorKey) => Promise<boolean>): void;
  /** Takes a report; resolves when state, history and event are durable. */
  report(chargePoint: { tenantId: string; id: string; epoch: number }, report: StatusReport): Promise<void>;
}

/** What is remembered of a connector while its charge point keeps its link. */
interface Remembered {
  readonly epoch: number;
  readonly connector: Connector;
  /** Whether the event of the present state is known to be durable. */
  readonly told: boolean;
}

/** Connectors whose state is remembered, to save a read for each report. */
const rememberedMax = 50_000;

/** The operations on connectors. */
export function createAvailabilityOperations({
  connectors,
  events,
}: Pick<CapabilityDependencies, 'events'> & { connectors: ConnectorStore }): AvailabilityOperations {
  /** True as long as the epoch is: the node that holds the link is the only one that reports. Oldest first. */
  const remembered = new Map<string, Remembered>();
  let runs: (key: ConnectorKey) => Promise<boolean> = async () => false;
  /** Connectors that are known to be stored. */
  const ensured = new Set<string>();
  /** Reports of one connector are taken one after the other; the last of each line. */
  const lines = new Map<string, Promise<void>>();

  const recall = async (id: string, key: ConnectorKey, epoch: number, at: Date): Promise<Remembered> => {
    const known = remembered.get(id);
    remembered.delete(id); // whatever fails from here on, the database is asked again
    if (known?.epoch === epoch) return known;
    const connector = (await connectors.findById(id)) ?? unknownConnector(key, at);
    // after a restart nobody knows whether the event of this state was told; telling it again changes nothing
    const told = connector.changes === 0 || connector.changes === known?.connector.changes;
    return { epoch, connector, told };
  };

  const remember = (id: string, present: Remembered): void => {
    remembered.set(id, present);
    for (const oldest of remembered.keys()) {
      if (remembered.size <= rememberedMax) break;
      remembered.delete(oldest);
    }
  };

  const take = async (id: string, key: ConnectorKey, epoch: number, report: StatusReport): Promise<void> => {
    const present = await recall(id, key, epoch, report.receivedAt);
    const { kind, connector, entry } = decide(present.connector, report);
    await Promise.all([
      ...(present.told ? [] : [events.append(statusChanged(present.connector))]),
      ...(kind === 'late' ? [] : [connectors.save(connector)]),
      ...(entry === undefined ? [] : [connectors.record(entry)]),
    ]);
    if (kind === 'changed') await events.append(statusChanged(connector));
    remember(id, { epoch, connector, told: true });
  };

  return {
    findByIds: connectors.findByIds,
    findOf: connectors.findOf,
    async find({ tenantId, ...key }) {
      const [found] = await connectors.findByIds(tenantId, [connectorDocumentId(key)]);
      return found;
    },
    readAll: connectors.readAll,
    history: connectors.history,
    occupied: async (key) => ((await runs(key)) ? 'CHARGING' : 'PREPARING'),
    decideOccupied(decide) {
      runs = decide;
    },

    async ensureConnector(key, at) {
      const connector = unknownConnector(key, at);
      if (remembered.has(connector._id) || ensured.has(connector._id)) return;
      await connectors.ensure(connector);
      if (ensured.size >= rememberedMax) ensured.clear(); // asking once more costs little
      ensured.add(connector._id);
    },

    async wish(key, wish) {
      await connectors.ensure(unknownConnector(key, wish.at));
      const own = connectorDocumentId(key);
      const all = key.connectorId === 0 ? await connectors.findOf(key.tenantId, [key.chargePointId]) : [];
      await connectors.wish([...new Set([own, ...all.map(({ _id }) => _id)])], wish);
    },

    report({ tenantId, id: chargePointId, epoch }, report) {
      const key = { tenantId, chargePointId, connectorId: report.connectorId };
      const id = connectorDocumentId(key);
      const before = lines.get(id) ?? Promise.resolve();
      const turn = before.then(() => take(id, key, epoch, report));
      const settled = turn.then(
        () => undefined,
        () => undefined, // the caller hears of it; the next report does not
      );
      lines.set(id, settled);
      void settled.then(() => {
        if (lines.get(id) === settled) lines.delete(id);
      });
      return turn;
    },
  };
}
