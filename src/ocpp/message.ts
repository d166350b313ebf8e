import type { Static, TSchema } from 'typebox';

/** Who may send the CALL. */
export type Sender = 'chargePoint' | 'hub' | 'both';

/** One OCPP message with both of its payloads. `Request` and `Response` exist for the compiler only. */
export interface Message<Request = unknown, Response = unknown> {
  readonly action: string;
  readonly sender: Sender;
  readonly request: TSchema;
  readonly response: TSchema;
  /** Never present at run time. */
  readonly types?: { readonly request: Request; readonly response: Response };
}

/** Describes a message once: wire name, direction, JSON Schemas; the TypeScript types follow. */
export function defineMessage<Req extends TSchema, Res extends TSchema>(definition: {
  action: string;
  sender: Sender;
  request: Req;
  response: Res;
}): Message<Static<Req>, Static<Res>> {
  return definition;
}

/** The request type of a message. */
export type RequestOf<M> = M extends Message<infer Request, unknown> ? Request : never;
/** The response type of a message. */
export type ResponseOf<M> = M extends Message<unknown, infer Response> ? Response : never;
