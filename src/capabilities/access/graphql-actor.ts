import { builder } from '../../graphql/builder.ts';
import { enumType } from '../../graphql/enum.ts';
import type { Principal } from '../../kernel/principal.ts';

const ActorKindEnum = enumType('ActorKind', 'Who acts.', {
  API_KEY: 'A program with an API key.',
  USER: 'A person or program with a JSON Web Token.',
  SYSTEM: 'The hub itself.',
  CHARGE_POINT: 'A charge point.',
});

/** Who asked for something, as the API shows it. */
export const ActorRef = builder.objectRef<Principal['actor']>('Actor').implement({
  description: 'Who asked for something.',
  fields: (t) => ({
    kind: t.expose('kind', { type: ActorKindEnum, description: 'Kind of actor.' }),
    id: t.exposeID('id', { description: 'Id of the credential, or subject of the token.' }),
    name: t.exposeString('name', { description: 'For people.' }),
  }),
});
