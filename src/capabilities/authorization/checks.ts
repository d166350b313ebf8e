import { ValidationError } from '../../kernel/errors.ts';
import { type AllowedPlace, groupIdMax, type TokenChange, tokenValueMax } from './model.ts';
import { checkWeeklyHours } from './weekly-hours.ts';

const noteMax = 1000;
const allowConcurrentMax = 10_000;
/** How many charge points one token may be limited to; more are a matter of groups. */
export const allowedPlacesMax = 500;
const allowedConnectorsMax = 100;
/** How many groups one charge point may be limited to. */
export const accessGroupsMax = 100;

/** Throws a `ValidationError` when no token can have this value. */
export function checkTokenValue(value: string, path = 'input.value'): void {
  if (value === '' || value.length > tokenValueMax) {
    throw new ValidationError(path, `must have 1 to ${tokenValueMax} characters`);
  }
  if (/\p{Cc}|\p{Cs}/u.test(value)) throw new ValidationError(path, 'must not contain control characters');
}

/** Throws a `ValidationError` for the first field that cannot be right. */
export function checkTokenChange(change: TokenChange): void {
  const { validFrom, validUntil, groupId, allowConcurrent, allowedAt, allowedHours, note } = change;
  if (typeof groupId === 'string') checkGroupId(groupId, 'input.groupId');
  if (typeof allowConcurrent === 'number' && !(allowConcurrent >= 1 && allowConcurrent <= allowConcurrentMax)) {
    throw new ValidationError('input.allowConcurrent', `must be 1 to ${allowConcurrentMax}`);
  }
  if (typeof note === 'string' && note.length > noteMax) {
    throw new ValidationError('input.note', `must have at most ${noteMax} characters`);
  }
  if (validFrom instanceof Date && validUntil instanceof Date && validUntil <= validFrom) {
    throw new ValidationError('input.validUntil', 'must be later than validFrom');
  }
  if (allowedAt !== undefined && allowedAt !== null) checkPlaces(allowedAt);
  if (allowedHours !== undefined && allowedHours !== null) checkWeeklyHours(allowedHours, 'input.allowedHours');
}

/** Throws a `ValidationError` when a charge point cannot be limited to these groups. */
export function checkAccessGroups(groupIds: readonly string[]): void {
  if (groupIds.length < 1 || groupIds.length > accessGroupsMax) {
    throw new ValidationError('input.groupIds', `must have 1 to ${accessGroupsMax} groups; null lets everybody in`);
  }
  groupIds.forEach((groupId, index) => {
    checkGroupId(groupId, `input.groupIds.${index}`);
  });
}

function checkGroupId(groupId: string, path: string): void {
  if (groupId === '' || groupId.length > groupIdMax) {
    throw new ValidationError(path, `must have 1 to ${groupIdMax} characters`);
  }
}

function checkPlaces(places: readonly AllowedPlace[]): void {
  if (places.length < 1 || places.length > allowedPlacesMax) {
    throw new ValidationError(
      'input.allowedAt',
      `must have 1 to ${allowedPlacesMax} charge points; null allows all, and a blocked token is allowed nowhere`,
    );
  }
  if (new Set(places.map(({ chargePointId }) => chargePointId)).size !== places.length) {
    throw new ValidationError('input.allowedAt', 'must name each charge point once');
  }
  places.forEach(({ connectorIds }, index) => {
    if (connectorIds === undefined) return;
    const path = `input.allowedAt.${index}.connectorIds`;
    if (connectorIds.length < 1 || connectorIds.length > allowedConnectorsMax) {
      throw new ValidationError(path, `must have 1 to ${allowedConnectorsMax} connectors`);
    }
    if (connectorIds.some((connectorId) => connectorId < 1)) throw new ValidationError(path, 'must be 1 and up');
  });
}
