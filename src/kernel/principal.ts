/** Who acts. CHARGE_POINT and SYSTEM act inside the hub; API_KEY comes in over the API. */
export type ActorKind = 'API_KEY' | 'SYSTEM' | 'CHARGE_POINT';

/** The caller of an operation and the tenant it may touch. Every store call takes the tenant from here. */
export interface Principal {
  readonly tenantId: string;
  readonly actor: { readonly kind: ActorKind; readonly id: string; readonly name: string };
  /** False: what it reads must not tell who charges. Absent: it may read idTags. */
  readonly canReadIdTags?: boolean;
}

/** Whether a caller may read idTags, which are personal data. */
export const mayReadIdTags = ({ canReadIdTags = true }: Principal): boolean => canReadIdTags;

/** The tenant of a hub with one operator. */
export const defaultTenantId = 'default';

/** The hub itself acting for a tenant. */
export const systemPrincipal = (tenantId: string): Principal => ({
  tenantId,
  actor: { kind: 'SYSTEM', id: 'hub', name: 'hub' },
});
