import { defineMessage } from '../message.ts';
import { closed, empty, int } from '../schema.ts';

/**
 * The hub asks for the version of the local authorization list; 0: empty, -1: not supported. OCPP 1.6 §5.10, §6.27,
 * §6.28.
 */
export const GetLocalListVersion = defineMessage({
  action: 'GetLocalListVersion',
  sender: 'hub',
  request: empty(),
  response: closed({ listVersion: int() }),
});
