/** Feature profiles of OCPP 1.6, and the security extension. */
type Profile =
  | 'Core'
  | 'Local Authorization List Management'
  | 'Firmware Management'
  | 'Reservation'
  | 'Remote Trigger'
  | 'Smart Charging'
  | 'Security';

/** A certification case of a central system. */
interface CatalogueEntry {
  readonly id: string;
  readonly name: string;
  readonly profile: Profile;
}

const profiles: Readonly<Record<Profile, Readonly<Record<string, string>>>> = {
  Core: {
    TC_001_CSMS: 'Cold boot charge point',
    TC_003_CSMS: 'Regular session, plug-in first',
    TC_004_1_CSMS: 'Regular session, identification first',
    TC_004_2_CSMS: 'Identification first, ConnectionTimeOut',
    TC_005_1_CSMS: 'EV side disconnected',
    TC_007_CSMS: 'Start with cached id',
    TC_061_CSMS: 'Clear authorization cache',
    TC_010_CSMS: 'Remote start, cable first',
    TC_011_1_CSMS: 'Remote start first',
    TC_011_2_CSMS: 'Remote start, time-out',
    TC_012_CSMS: 'Remote stop',
    TC_026_CSMS: 'Remote start rejected',
    TC_028_CSMS: 'Remote stop rejected, unknown transaction',
    TC_013_CSMS: 'Hard reset',
    TC_014_CSMS: 'Soft reset',
    TC_017_1_CSMS: 'Unlock, no session, detachable cable',
    TC_017_2_CSMS: 'Unlock, no session, fixed cable',
    TC_018_1_CSMS: 'Unlock during a session',
    TC_030_CSMS: 'Unlock failure',
    TC_031_CSMS: 'Unlock unknown connector',
    TC_019_1_CSMS: 'Get all configuration keys',
    TC_019_2_CSMS: 'Get one configuration key',
    TC_021_CSMS: 'Set configuration',
    TC_040_1_CSMS: 'Configuration key not supported',
    TC_040_2_CSMS: 'Configuration value invalid',
    TC_023_1_CSMS: 'Authorize invalid',
    TC_023_2_CSMS: 'Authorize expired',
    TC_023_3_CSMS: 'Authorize blocked',
    TC_024_CSMS: 'Lock failure',
    TC_032_1_CSMS: 'Power failure, transactions stopped',
    TC_037_1_CSMS: 'Offline start, valid tag',
    TC_037_3_CSMS: 'Offline start, invalid tag, StopTransactionOnInvalidId = true',
    TC_039_CSMS: 'Offline transaction',
    TC_064_CSMS: 'Data transfer to the CSMS',
  },
  'Local Authorization List Management': {
    TC_042_1_CSMS: 'Get version, not supported',
    TC_042_2_CSMS: 'Get version, empty list',
    TC_043_1_CSMS: 'Send list, not supported',
    TC_043_3_CSMS: 'Send list, failed',
    TC_043_4_CSMS: 'Send list, full',
    TC_043_5_CSMS: 'Send list, differential',
  },
  'Firmware Management': {
    TC_044_1_CSMS: 'Firmware update, download and install',
    TC_044_2_CSMS: 'Firmware update, download failed',
    TC_044_3_CSMS: 'Firmware update, installation failed',
    TC_045_1_CSMS: 'Get diagnostics',
    TC_045_2_CSMS: 'Get diagnostics, upload failed',
  },
  Reservation: {
    TC_046_CSMS: 'Reserve a connector, transaction',
    TC_047_CSMS: 'Reserve a connector, expire',
    TC_048_1_CSMS: 'Reserve, Faulted',
    TC_048_2_CSMS: 'Reserve, Occupied',
    TC_048_3_CSMS: 'Reserve, Unavailable',
    TC_048_4_CSMS: 'Reserve, Rejected',
    TC_049_CSMS: 'Reserve the charge point',
    TC_051_CSMS: 'Cancel reservation',
    TC_052_CSMS: 'Cancel reservation, rejected',
    TC_053_CSMS: 'Use a reserved connector with parentIdTag',
  },
  'Remote Trigger': {
    TC_054_CSMS: 'Trigger message',
    TC_055_CSMS: 'Trigger message, rejected',
  },
  'Smart Charging': {
    TC_056_CSMS: 'TxDefaultProfile',
    TC_057_CSMS: 'TxProfile',
    TC_059_CSMS: 'Remote start with charging profile',
    TC_066_CSMS: 'Get composite schedule',
    TC_067_CSMS: 'Clear charging profile',
  },
  Security: {
    TC_073_CSMS: 'Update basic-auth password',
    TC_074_CSMS: 'Renew CP certificate on CSMS request',
    TC_075_1_CSMS: 'Install manufacturer root',
    TC_075_2_CSMS: 'Install Central System root',
    TC_076_CSMS: 'Delete a certificate',
    TC_077_CSMS: 'Invalid CP certificate event',
    TC_078_CSMS: 'Invalid Central System certificate event',
    TC_079_CSMS: 'Get security log',
    TC_080_CSMS: 'Secure firmware update',
    TC_081_CSMS: 'Secure firmware update, invalid signature',
    TC_083_CSMS: 'Upgrade security profile',
    TC_085_CSMS: 'Basic authentication, valid credentials',
    TC_086_CSMS: 'Server certificate, valid',
    TC_087_CSMS: 'Client certificate, valid',
    TC_088_CSMS: 'WebSocket sub-protocol negotiation',
  },
};

/** The 77 certification cases of a central system that speaks OCPP 1.6, test tool generation 2025/26. */
export const catalogue: readonly CatalogueEntry[] = Object.entries(profiles).flatMap(
  ([profile, cases]) => Object.entries(cases).map(([id, name]) => ({ id, name, profile: profile as Profile })), // keys of the record above
);
