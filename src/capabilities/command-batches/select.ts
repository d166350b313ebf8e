import { NotFoundError, ValidationError } from '../../kernel/errors.ts';
import type { Position } from '../../kernel/page.ts';
import type {
  ChargePoint,
  ChargePointFilter,
  ChargePointOperations,
  ChargePointReference,
} from '../charge-points/index.ts';
import { listedMax, membersMax } from './model.ts';

/** Which charge points a batch is for. */
export type Selector =
  | { readonly chargePoints: readonly ChargePointReference[]; readonly filter?: undefined }
  | { readonly filter: ChargePointFilter; readonly chargePoints?: undefined };

const readAtOnce = 500;

type Reader = Pick<ChargePointOperations, 'findMany' | 'findManyByIdentity' | 'list' | 'count'>;

/**
 * The charge points of a selector, page by page, each once: those of a list in its order, those of a filter by identity.
 * Throws ValidationError when there are none or too many, NotFoundError for a listed one that does not exist.
 */
export async function* selected(
  chargePoints: Reader,
  tenantId: string,
  selector: Selector,
): AsyncGenerator<readonly ChargePoint[]> {
  if (selector.chargePoints !== undefined) yield* listed(chargePoints, tenantId, selector.chargePoints);
  else yield* filtered(chargePoints, tenantId, selector.filter);
}

async function* listed(
  chargePoints: Reader,
  tenantId: string,
  references: readonly ChargePointReference[],
): AsyncGenerator<readonly ChargePoint[]> {
  const path = 'input.selector.chargePoints';
  if (references.length === 0) throw new ValidationError(path, 'names no charge point');
  if (references.length > listedMax) throw new ValidationError(path, `has at most ${listedMax} charge points`);
  const seen = new Set<string>();
  for (let from = 0; from < references.length; from += readAtOnce) {
    const part = references.slice(from, from + readAtOnce);
    const [byId, byIdentity] = await Promise.all([
      chargePoints.findMany(
        tenantId,
        part.flatMap(({ id }) => id ?? []),
      ),
      chargePoints.findManyByIdentity(
        tenantId,
        part.flatMap(({ identity }) => identity ?? []),
      ),
    ]);
    const ids = new Map(byId.map((found) => [found._id, found]));
    const identities = new Map(byIdentity.map((found) => [found.identity, found]));
    const page: ChargePoint[] = [];
    for (const { id, identity } of part) {
      const found = id === undefined ? identities.get(identity) : ids.get(id);
      if (found === undefined) throw new NotFoundError('charge point', id ?? identity);
      if (seen.has(found._id)) continue;
      seen.add(found._id);
      page.push(found);
    }
    yield page;
  }
}

async function* filtered(
  chargePoints: Reader,
  tenantId: string,
  filter: ChargePointFilter,
): AsyncGenerator<readonly ChargePoint[]> {
  const path = 'input.selector.filter';
  const tooMany = new ValidationError(path, `matches more than ${membersMax} charge points`);
  if ((await chargePoints.count(tenantId, filter, membersMax + 1)) > membersMax) throw tooMany;
  let after: Position | undefined;
  let total = 0;
  for (;;) {
    const page = await chargePoints.list(tenantId, filter, 'IDENTITY', { limit: readAtOnce, fromEnd: false, after });
    total += page.items.length;
    if (total > membersMax) throw tooMany; // some came since they were counted
    if (total === 0) throw new ValidationError(path, 'matches no charge point');
    yield page.items;
    const last = page.items.at(-1);
    if (!page.hasNextPage || last === undefined) return;
    after = page.position(last);
  }
}
