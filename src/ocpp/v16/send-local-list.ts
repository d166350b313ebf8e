import { defineMessage } from '../message.ts';
import { ciString, closed, int, listOf, optional, words } from '../schema.ts';
import { IdTagInfo } from './types.ts';

/** OCPP 1.6 §7.47. */
export const updateTypes = ['Differential', 'Full'] as const;

/** OCPP 1.6 §7.46. */
export const updateStatuses = ['Accepted', 'Failed', 'NotSupported', 'VersionMismatch'] as const;

/** One entry of the list. OCPP 1.6 §7.1. */
export const AuthorizationData = closed({
  idTag: ciString(20),
  idTagInfo: optional(IdTagInfo),
});

/**
 * The hub sends the local authorization list or changes to it; an entry without idTagInfo removes the token. OCPP 1.6
 * §5.15, §6.41, §6.42.
 */
export const SendLocalList = defineMessage({
  action: 'SendLocalList',
  sender: 'hub',
  request: closed({
    listVersion: int(),
    updateType: words(updateTypes),
    localAuthorizationList: optional(listOf(AuthorizationData)),
  }),
  response: closed({ status: words(updateStatuses) }),
});
