import { InputFieldBuilder, type InputFieldMap, type InputRef, type InputShapeFromFields } from '@pothos/core';
import { builder, type HubTypes } from '../../graphql/builder.ts';
import type { HubContext } from '../../graphql/context.ts';
import type { Command, CommandDefinition } from './model.ts';
import type { IssueOptions } from './operations.ts';

type Fields = (t: PothosSchemaTypes.InputFieldBuilder<HubTypes, 'InputObject'>) => InputFieldMap;

/** A charge point as the input of an operation names it. */
export interface RequestedChargePoint {
  readonly id: { readonly typename: 'ChargePoint'; readonly id: string };
}

/** An operation without its charge point: what can be asked of many alike. */
export interface CommandRequest {
  /** camelCase operation, e.g. `reset`. */
  readonly name: string;
  readonly description: string;
  /** `<Name>RequestInput`; undefined for an operation without parameters. */
  readonly inputType: InputRef<unknown> | undefined;
  /** The request without its secrets, as it would be stored; the very same object when nothing can be secret in it. */
  readonly redacted: (request: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
  /** Does what the mutation of the operation does: numbers, warnings, failures and all. Throws as it. */
  readonly issue: (
    context: HubContext,
    chargePointId: string,
    request: Readonly<Record<string, unknown>>,
    options: IssueOptions,
  ) => Promise<{ command: Command; idempotentReplay: boolean }>;
}

const requests = new Map<string, CommandRequest>();

/** Operation → its request, of all that go to a charge point with parameters that suit many; complete when all capabilities are loaded. */
export const commandRequests: ReadonlyMap<string, CommandRequest> = requests;

interface Operation<Input extends object, Outcome extends object, OwnFields extends InputFieldMap> {
  readonly definition: CommandDefinition<Input, Outcome>;
  readonly description: string;
  readonly input: (t: PothosSchemaTypes.InputFieldBuilder<HubTypes, 'InputObject'>) => OwnFields;
  readonly perChargePoint?: {
    readonly input: Fields;
    readonly toInput: (
      request: Readonly<Record<string, unknown>>,
      chargePoint: RequestedChargePoint,
    ) => InputShapeFromFields<OwnFields>;
  };
  readonly send: (
    input: InputShapeFromFields<OwnFields>,
    context: HubContext,
    options: IssueOptions,
  ) => Promise<{ command: Command; idempotentReplay: boolean }>;
}

/** Makes `<Name>RequestInput` of an operation, if a charge point can be left out of its input. */
export function registerRequest<Input extends object, Outcome extends object, OwnFields extends InputFieldMap>(
  operation: Operation<Input, Outcome, OwnFields>,
): void {
  const { definition, description, perChargePoint, send } = operation;
  const all = operation.input(new InputFieldBuilder<HubTypes, 'InputObject'>(builder, 'InputObject'));
  if (perChargePoint === undefined && !('chargePoint' in all)) return;
  const fields: Fields = (t) => {
    if (perChargePoint !== undefined) return perChargePoint.input(t);
    const { chargePoint: _chargePoint, ...others } = operation.input(t) as InputFieldMap;
    return others;
  };
  const hasParameters = perChargePoint !== undefined || Object.keys(all).length > 1;
  const { name } = definition;
  requests.set(name, {
    name,
    description,
    inputType: hasParameters
      ? builder.inputType(`${name.slice(0, 1).toUpperCase()}${name.slice(1)}RequestInput`, {
          description: `What \`${name}\` asks of each of many charge points.`,
          fields,
        })
      : undefined,
    redacted: (request) =>
      (definition.redact?.(request as Input, request).input ?? request) as Readonly<Record<string, unknown>>, // secrets stand in parameters of the same name
    issue: (context, chargePointId, request, options) => {
      const chargePoint: RequestedChargePoint = { id: { typename: 'ChargePoint', id: chargePointId } };
      const input = perChargePoint?.toInput(request, chargePoint) ?? { ...request, chargePoint };
      return send(input as InputShapeFromFields<OwnFields>, context, options); // read by the very fields of the operation
    },
  });
}
