import { expect } from 'vitest';
import { startTestHub, type TestHub } from '../../support/hub.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import type { ScriptedChargePoint } from '../../support/scripted-charge-point.ts';
import { of, runCommand } from '../commands/fixture.ts';

/** A job as the tests look at it. */
export interface SeenJob {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly wireStatus: string | null;
  readonly isOpen: boolean;
  readonly location: string;
  readonly fileName: string | null;
  readonly firmwareVersionBefore: string | null;
  readonly firmwareVersionAfter: string | null;
  readonly failedTransfers: number;
  readonly dueAt: string | null;
  readonly finishedAt: string | null;
  readonly lastReportAt: string | null;
  readonly verdict: {
    readonly succeeded: boolean;
    readonly reason: string;
    readonly description: string;
    readonly ocppErrorCode: string | null;
  } | null;
  readonly history: readonly { readonly status: string; readonly wireStatus: string | null }[];
  readonly command: { readonly execution: { readonly state: string } } | null;
}

const jobFields = `id kind status wireStatus isOpen location fileName firmwareVersionBefore firmwareVersionAfter failedTransfers
  dueAt finishedAt lastReportAt verdict { succeeded reason description ocppErrorCode } history { status wireStatus }
  command { execution { state } }`;

/** A hub with the clock that it goes by. */
export type JobHub = TestHub & { readonly clock: ManualClock };

/** A hub whose clock stands until a test moves it. */
export async function startJobHub(settings: Readonly<Record<string, string>> = {}): Promise<JobHub> {
  const clock = createManualClock('2026-06-01T12:00:00.000Z');
  return { ...(await startTestHub({ clock, settings: { OCPP_PING_SECONDS: '0', ...settings } })), clock };
}

/** The job by its id. */
export async function jobOf({ api }: Pick<TestHub, 'api'>, id: string): Promise<SeenJob> {
  const { job } = await api.data<{ job: SeenJob }>(`query ($id: ID!) { job(id: $id) { ${jobFields} } }`, { id });
  return job;
}

/** Asks until the job is as wished; gives it. */
export async function eventually(
  hub: Pick<TestHub, 'api'>,
  id: string,
  wished: (job: SeenJob) => boolean,
): Promise<SeenJob> {
  const deadline = Date.now() + 5_000;
  let job = await jobOf(hub, id);
  while (!wished(job) && Date.now() < deadline) job = await jobOf(hub, id);
  expect(wished(job), JSON.stringify(job)).toBe(true);
  return job;
}

/** The words of its history. */
export const words = ({ history }: SeenJob) => history.map(({ wireStatus, status }) => wireStatus ?? status);

/** Says a status and expects the empty answer that it always gets. */
export async function say(
  chargePoint: ScriptedChargePoint,
  kind: 'Firmware' | 'Diagnostics',
  status: string,
): Promise<void> {
  const frame = await chargePoint.call(`${kind}StatusNotification`, { status });
  expect([frame[0], frame[2]]).toEqual([3, {}]);
}

/** Boots with some firmware. */
export async function boot(chargePoint: ScriptedChargePoint, firmwareVersion: string): Promise<void> {
  const frame = await chargePoint.call('BootNotification', {
    chargePointVendor: 'Test',
    chargePointModel: 'Scripted',
    firmwareVersion,
  });
  expect(frame[2]).toMatchObject({ status: 'Accepted' });
}

/** Asks for a firmware update and gives the job. */
export async function updateFirmware(
  { api }: Pick<TestHub, 'api'>,
  identity: string,
  more = '',
  location = 'https://files.example/fw.bin',
) {
  const { command } = await runCommand(
    api,
    'updateFirmware',
    `${of(identity)} location: "${location}", retrieveDate: "2026-06-01T12:00:00Z" ${more}`,
    `location job { ${jobFields} } `,
  );
  const { job } = command as unknown as { job: SeenJob };
  return { command, job };
}

/** Asks for diagnostics and gives the job. */
export async function getDiagnostics(
  { api }: Pick<TestHub, 'api'>,
  identity: string,
  more = '',
  location = 'ftp://files.example/up',
) {
  const { command } = await runCommand(
    api,
    'getDiagnostics',
    `${of(identity)} location: "${location}" ${more}`,
    `location fileName job { ${jobFields} }`,
  );
  const { job } = command as unknown as { job: SeenJob };
  return { command, job };
}
