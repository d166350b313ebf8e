import { type Adapter, adapter, receives } from '../../gateway/adapter.ts';
import type { Clock } from '../../kernel/clock.ts';
import { formatTimestamp } from '../../ocpp/time.ts';
import { BootNotification } from '../../ocpp/v16/boot-notification.ts';
import type { BootFacts } from '../charge-points/index.ts';
import type { ProvisioningOperations } from './operations.ts';

const statusWords = { ACCEPTED: 'Accepted', PENDING: 'Pending', REJECTED: 'Rejected' } as const;

/** OCPP 1.6 words of provisioning. */
export const ocpp16 = (operations: ProvisioningOperations, clock: Clock): Adapter =>
  adapter(['1.6'], {
    receives: [
      receives(BootNotification, async (request, { chargePoint, receivedAt, epoch, messageId }) => {
        const { chargePointVendor, chargePointModel, ...rest } = request;
        const facts = withoutEmpty({ vendor: chargePointVendor, model: chargePointModel, ...known(rest) });
        const { registration, intervalSeconds } = await operations.boot(chargePoint, {
          facts,
          receivedAt,
          message: { epoch, id: String(messageId) },
        });
        // the time last, when everything is stored: it sets the station's clock. BOOT-2
        return {
          status: statusWords[registration],
          currentTime: formatTimestamp(clock.now()),
          interval: intervalSeconds,
        };
      }),
    ],
  });

/** The optional fields alone: a station may send more than the message has. */
const known = ({
  chargePointSerialNumber,
  chargeBoxSerialNumber,
  firmwareVersion,
  iccid,
  imsi,
  meterType,
  meterSerialNumber,
}: Partial<Record<Exclude<keyof BootFacts, 'vendor' | 'model'>, string>>) => ({
  chargePointSerialNumber,
  chargeBoxSerialNumber,
  firmwareVersion,
  iccid,
  imsi,
  meterType,
  meterSerialNumber,
});

/** Stations send empty texts for what they do not have. */
const withoutEmpty = (facts: { [Name in keyof BootFacts]: string | undefined }): BootFacts =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined && value.trim() !== ''));
