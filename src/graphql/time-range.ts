import { builder } from './builder.ts';

/** A span of time in a filter; `from` belongs to it, `to` does not. */
export const TimeRangeInput = builder.inputType('TimeRangeInput', {
  description: 'A span of time.',
  fields: (t) => ({
    from: t.field({ type: 'DateTime', description: 'Not before this instant; no beginning when absent.' }),
    to: t.field({ type: 'DateTime', description: 'Before this instant; no end when absent.' }),
  }),
});

/** The span of a `TimeRangeInput`, absent bounds left out. */
export const timeRange = (
  given: typeof TimeRangeInput.$inferInput | null | undefined,
): { from?: Date | undefined; to?: Date | undefined } => ({
  from: given?.from ?? undefined,
  to: given?.to ?? undefined,
});
