export {
  type AppliedCap,
  type CompositePeriod,
  type CompositeQuestion,
  type CompositeSchedule,
  changesMax,
  compositeSchedule,
  compositeSecondsMax,
  type ExplainedPeriod,
  type Leader,
  type NotPredictable,
  type PredictedConnector,
} from './composite.ts';
export {
  type Difference,
  type DifferenceKind,
  differenceKinds,
  differences,
  type ReportedSchedule,
} from './differences.ts';
export type { Grid, Supply } from './limit.ts';
export {
  type IgnoredProfile,
  type IgnoredReason,
  type InstalledProfile,
  ignoredReasons,
  type RunningTransaction,
} from './scope.ts';
