import { defineMessage } from '../message.ts';
import { bool, ciString, closed, listOf, optional } from '../schema.ts';

/** One key as the charge point has it. OCPP 1.6 §7.29. */
export const KeyValue = closed({
  key: ciString(50),
  readonly: bool(),
  value: optional(ciString(500)),
});

/** The hub reads configuration keys; all of them when `key` is left out. OCPP 1.6 §5.8, §6.23, §6.24. */
export const GetConfiguration = defineMessage({
  action: 'GetConfiguration',
  sender: 'hub',
  request: closed({ key: optional(listOf(ciString(50))) }),
  response: closed({
    configurationKey: optional(listOf(KeyValue)),
    unknownKey: optional(listOf(ciString(50))),
  }),
});
