import { builder } from '../../graphql/builder.ts';
import { enumType } from '../../graphql/enum.ts';
import { ChargePointReferenceInput, targetOf } from '../charge-points/index.ts';
import { type Command, commandMutation, statusOf } from '../commands/index.ts';
import { getLocalListVersion, sendLocalList, type UpdateType } from './commands.ts';
import { ListedStatusEnum } from './graphql-type.ts';
import { localListKey } from './key.ts';

const UpdateTypeEnum = enumType('LocalListUpdateType', 'How a message changes the local list. OCPP 1.6 §7.47.', {
  FULL: 'It replaces the whole list.',
  DIFFERENTIAL: 'It adds, changes and removes the entries it names.',
});

const UpdateStatusEnum = enumType('LocalListUpdateStatus', 'Answer to SendLocalList. OCPP 1.6 §7.46.', {
  ACCEPTED: 'The list is in force.',
  FAILED: 'The list could not be taken; the former one stays.',
  NOT_SUPPORTED: 'There is no local list.',
  VERSION_MISMATCH: 'The charge point has another version than the changes build on.',
});

const SupportEnum = enumType('LocalListReport', 'What a reported list version means.', {
  NOT_SUPPORTED: 'It was −1: there is no local list.',
  EMPTY: 'It was 0: the list is empty.',
  PRESENT: 'There is a list of this version.',
});

const EntryInfoInput = builder.inputType('LocalListEntryInfoInput', {
  description: 'What the list is to say of a token (idTagInfo).',
  fields: (t) => ({
    status: t.field({ type: ListedStatusEnum, required: true, description: 'Its status.' }),
    validUntil: t.field({ type: 'DateTime', description: 'When it expires (expiryDate); left out when absent.' }),
    groupId: t.string({ description: 'Its group (parentIdTag), at most 20 characters; left out when absent.' }),
  }),
});

const EntryInput = builder.inputType('LocalListEntryInput', {
  description:
    'One entry: with `info` as given; with `remove` without idTagInfo; with neither as the hub knows the token.',
  fields: (t) => ({
    idTag: t.string({ required: true, description: 'The token, at most 20 characters.' }),
    info: t.field({ type: EntryInfoInput, description: 'What to say of it. Default: what the hub would answer now.' }),
    remove: t.boolean({
      description: 'Take it off the list. In a FULL list it is left out instead, which does the same.',
    }),
  }),
});

commandMutation({
  definition: sendLocalList,
  scope: 'ID_TAGS_WRITE',
  description:
    'Sends a charge point its local authorization list, or changes to it, exactly as given (OCPP 1.6 SendLocalList). FINISHED with the answer. What is unusual is sent all the same and warned about. Where a list is assigned, the next synchronisation puts that one back.',
  keyRequired: false,
  input: (t) => ({
    chargePoint: t.field({ type: ChargePointReferenceInput, required: true, description: 'Which one.' }),
    updateType: t.field({ type: UpdateTypeEnum, required: true, description: 'Replace the list, or change it.' }),
    listVersion: t.int({
      description: 'Version of the list after this message. Default: one more than everything known, at least 1.',
    }),
    entries: t.field({
      type: [EntryInput],
      description:
        'At most 5,000 entries. FULL without or with an empty list empties the list of the charge point. Absent: left out on the wire.',
    }),
  }),
  resolve: async ({ chargePoint, updateType, listVersion, entries }, context) => {
    const target = await targetOf(context, chargePoint);
    const raw = {
      updateType,
      listVersion: listVersion ?? undefined,
      entries: entries?.map(({ idTag, info, remove }) => ({
        idTag,
        remove: remove ?? undefined,
        info: info
          ? {
              status: info.status,
              ...(info.validUntil && { validUntil: info.validUntil }),
              ...(typeof info.groupId === 'string' && { groupId: info.groupId }),
            }
          : undefined,
      })),
    };
    const { update, warnings } = await context.use(localListKey).prepare(target, raw);
    return { target, input: update, asked: raw, warnings };
  },
  fields: (t) => ({
    updateType: t.field({
      type: UpdateTypeEnum,
      description: 'Whether it replaces the list or changes it.',
      resolve: ({ input }) => input['updateType'] as UpdateType, // stored from this very enum
    }),
    listVersion: t.int({
      description: 'The version that was sent.',
      resolve: ({ input }) => Number(input['listVersion']),
    }),
    entryCount: t.int({
      description: 'How many entries were sent.',
      resolve: ({ input: { entries } }) => (Array.isArray(entries) ? entries.length : 0),
    }),
    status: t.field({
      type: UpdateStatusEnum,
      nullable: true,
      description: 'The charge point’s answer; null until it came.',
      resolve: (command) => statusOf(command, ['ACCEPTED', 'FAILED', 'NOT_SUPPORTED', 'VERSION_MISMATCH']),
    }),
  }),
});

const reportedBy = ({ outcome }: Command): number | null => {
  const version = outcome?.['listVersion'];
  return typeof version === 'number' ? version : null;
};

commandMutation({
  definition: getLocalListVersion,
  scope: 'ID_TAGS_WRITE',
  description:
    'Asks a charge point for the version of its local authorization list (OCPP 1.6 GetLocalListVersion). FINISHED with the answer.',
  keyRequired: false,
  input: (t) => ({
    chargePoint: t.field({ type: ChargePointReferenceInput, required: true, description: 'Which one.' }),
  }),
  resolve: async ({ chargePoint }, context) => ({ target: await targetOf(context, chargePoint), input: {} }),
  fields: (t) => ({
    listVersion: t.int({
      nullable: true,
      description: 'The answer as it came; null until then.',
      resolve: reportedBy,
    }),
    report: t.field({
      type: SupportEnum,
      nullable: true,
      description: 'What the answer means; null until it came.',
      resolve: (command) => {
        const version = reportedBy(command);
        if (version === null) return null;
        return version < 0 ? 'NOT_SUPPORTED' : version === 0 ? 'EMPTY' : 'PRESENT';
      },
    }),
  }),
});
