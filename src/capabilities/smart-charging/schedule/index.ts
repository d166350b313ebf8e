export {
  type CompositePeriod,
  type CompositeQuestion,
  type CompositeSchedule,
  changesMax,
  compositeSchedule,
  compositeSecondsMax,
  type NotPredictable,
  type PredictedConnector,
} from './composite.ts';
export {
  type Difference,
  type DifferenceKind,
  differences,
} from './differences.ts';
export type { Grid } from './limit.ts';
export type {
  InstalledProfile,
  RunningTransaction,
} from './scope.ts';
