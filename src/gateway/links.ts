import type { Bus, Unsubscribe } from '../bus/bus.ts';
import {
  type AttachedMessage,
  attachedSubject,
  type Link,
  type Links,
  type RevokedMessage,
  revokedSubject,
} from './adapter.ts';

/** Close code for a link that a newer one replaces: registered, so that every WebSocket stack knows it. RFC 6455 §7.4.1. */
export const replacedCloseCode = 1008;

/** Keeps the newest link of each charge point. */
export interface LinkTable extends Links {
  /** Puts the link in unless a newer one is there. Older ones, here and on other nodes, close. False: it was too late. */
  add(link: Link): boolean;
  /** Takes this very link out; a newer one stays. */
  remove(link: Link): void;
}

/** `node` names this process towards the others. CON-8. */
export function createLinks({ bus, node }: { bus: Bus; node: string }): LinkTable {
  const entries = new Map<string, { readonly link: Link; readonly unsubscribe: Unsubscribe }>();

  const remove = (link: Link): void => {
    const entry = entries.get(link.chargePoint.id);
    if (entry?.link !== link) return;
    entries.delete(link.chargePoint.id);
    entry.unsubscribe();
  };

  const replace = (link: Link): void => {
    remove(link);
    link.close(replacedCloseCode, 'replaced by a newer connection');
  };

  return {
    add(link) {
      const { tenantId, id } = link.chargePoint;
      const older = entries.get(id)?.link;
      if (older && older.epoch > link.epoch) return false;
      if (older) replace(older); // at once, however long the bus takes
      const subject = attachedSubject(tenantId, id);
      const unsubscribe = bus.subscribe(subject, (message) => {
        const { epoch } = message as AttachedMessage; // only `add` publishes here
        if (epoch > link.epoch) replace(link);
      });
      const unsubscribeRevoked = bus.subscribe(revokedSubject(tenantId, id), (message) => {
        const { reason } = message as RevokedMessage; // only charge points are told of here
        remove(link);
        link.close(replacedCloseCode, reason);
      });
      entries.set(id, {
        link,
        unsubscribe: () => {
          unsubscribe();
          unsubscribeRevoked();
        },
      });
      bus.publish(subject, { epoch: link.epoch, node } satisfies AttachedMessage);
      return true;
    },
    remove,
    find: (chargePointId) => entries.get(chargePointId)?.link,
    all: () => [...entries.values()].map(({ link }) => link),
    count: () => entries.size,
  };
}
