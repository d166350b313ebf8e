import './graphql-type.ts';
