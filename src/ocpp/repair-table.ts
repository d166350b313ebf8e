/** One way in which charge points deviate, and what the hub makes of it. */
export interface Repair {
  /** What becomes of it. */
  readonly does: string;
  /** Row of the list of known deviations, or the rule that asks for it. */
  readonly source: string;
}

/** Every repair by its stable name, as recorded on messages and counted per charge point. */
export const repairTable = {
  // the connection
  subprotocolMissing: { does: 'no sub-protocol is offered; OCPP 1.6 is assumed, if so set', source: 'CON-5' },
  subprotocolSpelling: { does: 'another spelling of ocpp1.6 is understood and echoed, if so set', source: 'CON-5' },
  identityCase: { does: 'an identity in another letter case is recognised, if so set', source: 'CON-1' },
  // the frame
  nullPayload: { does: 'null as payload is read as {}', source: 'RPC-1' },
  missingPayload: { does: 'a frame without payload is read with {}', source: 'RPC-1' },
  numericMessageId: { does: 'a number as message id is echoed as a number', source: 'RPC-2' },
  emptyMessageId: { does: 'an empty message id is echoed', source: 'RPC-2' },
  longMessageId: { does: 'a message id of 37 to 255 characters is echoed', source: 'RPC-2' },
  furtherFrameParts: { does: 'parts of a frame after the payload are left aside', source: 'RPC-8' },
  callsUnanswered: {
    does: 'three calls in a row are not answered though the socket lives; disconnectChargePoint closes it',
    source: 'mobilityhouse/ocpp#626',
  },
  // its properties
  nullProperty: { does: 'null as value is read as absent', source: 'steve#1109' },
  emptyProperty: { does: 'an empty text for a number, word or time is read as absent', source: 'lbbrhzn/ocpp#1510' },
  unknownProperty: { does: 'a property that OCPP does not know is kept aside', source: 'deviations 4.3' },
  // lists
  notAList: { does: 'an object where a list is due is read as a list of one', source: 'lbbrhzn/ocpp#1144' },
  nullItem: { does: 'null in a list is left out', source: 'MET-1' },
  unreadableItem: { does: 'a sample that nobody can read is left out', source: 'MET-1' },
  // words
  wordCase: { does: 'a word in another letter case is recognised', source: 'deviations 4.3' },
  oldWord: {
    does: 'Occupied of OCPP 1.5 is read as Preparing, or Charging while a transaction runs',
    source: 'deviations 4.3',
  },
  unknownWord: {
    does: 'a word outside its list is kept, or read as Other with its text kept',
    source: 'lbbrhzn/ocpp#1248',
  },
  // types
  numberAsText: { does: 'a number where text is due is read as text', source: 'lbbrhzn/ocpp#210' },
  booleanAsText: { does: 'true or false where text is due is read as text', source: 'OUT-4' },
  objectAsText: { does: 'an object as data of a DataTransfer is read as its JSON text', source: 'DT-1' },
  textAsNumber: { does: 'digits as text are read as a number', source: 'deviations 4.4' },
  textAsBoolean: { does: '"true" and "false" are read as booleans', source: 'OUT-4' },
  fractionRounded: { does: 'a fraction of a watt-hour is rounded', source: 'shiv3/ocpp-cp-simulator PR#83' },
  // times
  oddTimestamp: { does: 'a timestamp that is not quite ISO 8601 is read all the same', source: 'TIME-1' },
  zoneAssumed: {
    does: 'a timestamp without zone is in the zone set for the charge point, else UTC',
    source: 'evcc#10399',
  },
  utcMarkIgnored: {
    does: 'local time marked Z is read in the zone set for the charge point, if so set',
    source: 'steve#136',
  },
  timestampUnusable: {
    does: 'a time before 2010, or none at all, is replaced by that of arrival',
    source: 'MicroOcpp#311',
  },
  timestampInFuture: { does: 'a time ahead of ours is kept', source: 'deviations 4.2' },
  wholeHourSkew: {
    does: 'times differ from their arrival by the same whole hours; kept as they are',
    source: 'steve#136',
  },
  // connectors
  zeroConnectorIsOne: { does: 'connector 0 in StartTransaction and MeterValues is 1, if so set', source: 'evcc#27686' },
} as const satisfies Record<string, Repair>;

/** Repairs whose names have the name of a property in front, e.g. `idTagTooLong`. */
export const propertyRepairTable = {
  Missing: { does: 'a required property is absent and stands at its usual value', source: 'STA-1, STO-2' },
  TooLong: { does: 'a text is longer than OCPP allows and kept whole', source: 'steve#1259, AUT-3' },
  Malformed: { does: 'a text is not in its format and kept', source: 'deviations 4.3' },
  Unreadable: { does: 'an optional property that nobody can read is left out', source: 'STA-1' },
} as const satisfies Record<string, Repair>;

const propertyRepair = /^[a-z][A-Za-z]{0,63}?(Missing|TooLong|Malformed|Unreadable)$/;

/** What a recorded name stands for; undefined when no repair has it. */
export function findRepair(name: string): Repair | undefined {
  if (Object.hasOwn(repairTable, name)) return repairTable[name as keyof typeof repairTable]; // checked just before
  const [, suffix] = propertyRepair.exec(name) ?? [];
  return suffix === undefined ? undefined : propertyRepairTable[suffix as keyof typeof propertyRepairTable]; // from the pattern
}

/** Whether a repair has this name. */
export const isRepairName = (name: string): boolean => findRepair(name) !== undefined;
