import { createHash, randomBytes, randomUUID } from 'node:crypto';

/** A new identifier: UUID version 7, so that identifiers sort by the time of their making. RFC 9562 §5.7. */
export function newId(now: Date): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now.getTime(), 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** A random identifier for a message on the wire: at most 36 characters, as OCPP-J demands. */
export const newMessageId = (): string => randomUUID();

/**
 * An identifier made of what a thing is: the same parts always give the same identifier, so that a repeated message
 * writes the same document again instead of a second one. 32 hexadecimal characters.
 */
export function contentId(...parts: readonly (string | number | undefined)[]): string {
  return createHash('sha256')
    .update(JSON.stringify(parts.map((part) => part ?? null)))
    .digest('hex')
    .slice(0, 32);
}
