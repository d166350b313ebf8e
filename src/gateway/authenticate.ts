import type { IncomingMessage } from 'node:http';
import type { Logger } from '../kernel/log.ts';
import { defaultTenantId } from '../kernel/principal.ts';
import type { ChargePointRegistry, OcppVersion, RegisteredChargePoint } from './adapter.ts';
import { basicPassword, chooseProtocol, passwordForms, type Refusal, readTarget } from './handshake.ts';

/** An upgrade that may go on. */
export interface Admission {
  readonly chargePoint: RegisteredChargePoint;
  readonly version: OcppVersion;
  /** Undefined: none was offered, and none is answered. */
  readonly subprotocol: string | undefined;
}

/** What decides who comes in. */
export interface AdmissionRules {
  /** Where charge points connect, e.g. `/ocpp`. */
  readonly path: string;
  /** Unknown charge points are registered instead of refused; then those without a password come in, too. */
  readonly autoRegister: boolean;
  /** Known charge points for which no password is set come in without one. */
  readonly allowNoPassword: boolean;
}

/** Checks an upgrade request in the order of CON-7. Rejects when the registry does. */
export type Authenticate = (request: IncomingMessage) => Promise<Admission | Refusal>;

/** `knownTenant` tells whether a tenant segment of the URL names one; by default there is only the default tenant. */
export function createAuthenticate(options: {
  registry: ChargePointRegistry;
  rules: AdmissionRules;
  knownTenant?: ((tenantId: string) => boolean) | undefined;
  log: Logger;
}): Authenticate {
  const { registry, rules, log } = options;
  const knownTenant = options.knownTenant ?? ((tenantId) => tenantId === defaultTenantId);
  const unauthorized: Refusal = {
    status: 401,
    text: 'credentials are missing or wrong',
    headers: { 'WWW-Authenticate': 'Basic realm="ocpp", charset="UTF-8"' },
  };

  /** Credentials. Refusals go to the log, passwords never. SEC-19. */
  const isTrusted = async (
    chargePoint: RegisteredChargePoint,
    presentedIdentity: string,
    request: IncomingMessage,
  ): Promise<boolean> => {
    const { identity, tenantId } = chargePoint;
    const who = { tenantId, identity, remoteAddress: request.socket.remoteAddress };
    if (!chargePoint.hasPassword) {
      if (rules.allowNoPassword || rules.autoRegister) return true;
      log.warn(who, 'charge point refused: no password is set for it');
      return false;
    }
    const presented = basicPassword(request.headers.authorization, presentedIdentity);
    if (!presented) {
      log.warn(who, 'charge point refused: no credentials');
      return false;
    }
    for (const form of chargePoint.isStrict ? [presented] : passwordForms(presented)) {
      if (!(await registry.verifyPassword(chargePoint, form))) continue;
      if (form !== presented) log.info(who, 'charge point sends its password in another form');
      return true;
    }
    log.warn(who, 'charge point refused: wrong password');
    return false;
  };

  return async (request) => {
    const target = readTarget(request.url ?? '', rules.path);
    if ('status' in target) return target;
    const { identity, tenant = defaultTenantId } = target;
    const unknown: Refusal = { status: 404, text: 'no charge point of this identity' };
    if (!knownTenant(tenant)) return unknown;
    const known = await registry.find(tenant, identity);
    const assume = known?.tolerance?.assumeSubprotocol;
    const protocol = chooseProtocol(request.headers['sec-websocket-protocol'], assume);
    if (known) {
      if (!(await isTrusted(known, identity, request))) return unauthorized;
      if ('status' in protocol) return protocol;
      const { repair, ...chosen } = protocol;
      const repairs = [
        ...(repair === undefined ? [] : [repair]),
        ...(known.identity === identity ? [] : ['identityCase']),
      ];
      if (repairs.length > 0) {
        log.info({ tenantId: tenant, identity: known.identity, repairs }, 'handshake repaired');
        registry.tolerated(known, repairs);
      }
      return { chargePoint: known, ...chosen };
    }
    if (!rules.autoRegister) {
      const { remoteAddress } = request.socket;
      log.warn({ tenantId: tenant, identity, remoteAddress }, 'charge point refused: unknown identity');
      return unknown;
    }
    // Something that cannot talk OCPP with the hub must not leave a charge point behind.
    if ('status' in protocol) return protocol;
    const created = await registry.autoRegister(tenant, identity);
    // Someone else may have created it at the same time, with a password.
    return (await isTrusted(created, identity, request)) ? { chargePoint: created, ...protocol } : unauthorized;
  };
}
