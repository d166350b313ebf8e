import type { EnumRef } from '@pothos/core';
import { builder, type HubTypes } from './builder.ts';

/**
 * A GraphQL enum whose values are the words of the model: each key is the value in GraphQL and in TypeScript, beside it
 * what it means.
 *
 * ```ts
 * export const RegistrationStatusEnum = enumType('RegistrationStatus', 'Answer to the last BootNotification.', {
 *   ACCEPTED: 'The charge point may work.',
 *   PENDING: 'The hub wants to configure it first.',
 * });
 * ```
 */
export function enumType<const Values extends Readonly<Record<string, string>>>(
  name: string,
  description: string,
  values: Values,
): EnumRef<HubTypes, keyof Values & string> {
  const ref = builder.enumType(name, { description, values: enumValues(values) });
  return ref as EnumRef<HubTypes, keyof Values & string>; // the values are exactly the keys of the map
}

/** An enum that other files add values to, until the schema is built. */
export interface OpenEnum {
  readonly ref: EnumRef<HubTypes, string>;
  /** Adds a value; the same one twice is a programming error. */
  add(value: string, description: string): void;
}

/** A GraphQL enum that grows with the capabilities that are mounted. */
export function openEnumType(name: string, description: string): OpenEnum {
  const known = new Set<string>();
  const ref = builder.enumType(name, { description, values: {} as Record<string, { description: string }> });
  return {
    ref,
    add(value, valueDescription) {
      if (known.has(value)) throw new Error(`${name} has the value ${value} already`);
      known.add(value);
      ref.updateConfig((config) => ({
        ...config,
        values: { ...config.values, ...enumValues({ [value]: valueDescription }) },
      }));
    },
  };
}

function enumValues(values: Readonly<Record<string, string>>): Record<string, { value: string; description: string }> {
  return Object.fromEntries(
    Object.entries(values).map(([value, description]) => [value, { value, description }] as const),
  );
}
