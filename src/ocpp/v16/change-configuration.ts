import { defineMessage } from '../message.ts';
import { ciString, closed, words } from '../schema.ts';

/** `RebootRequired`: stored, in force after a reboot. OCPP 1.6 §7.22. */
export const configurationStatuses = ['Accepted', 'Rejected', 'RebootRequired', 'NotSupported'] as const;

/** The hub sets a configuration key; the value is always text. OCPP 1.6 §5.3, §6.9, §6.10. */
export const ChangeConfiguration = defineMessage({
  action: 'ChangeConfiguration',
  sender: 'hub',
  request: closed({
    key: ciString(50),
    value: ciString(500),
  }),
  response: closed({ status: words(configurationStatuses) }),
});
