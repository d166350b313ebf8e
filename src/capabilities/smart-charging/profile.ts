/** What a charging profile limits: the whole charge point, any transaction by default, or one transaction. OCPP 1.6 §7.11. */
export type ChargingProfilePurpose = 'CHARGE_POINT_MAX_PROFILE' | 'TX_DEFAULT_PROFILE' | 'TX_PROFILE';

/** How the periods of a schedule are laid on the clock. OCPP 1.6 §7.10. */
export type ChargingProfileKind = 'ABSOLUTE' | 'RECURRING' | 'RELATIVE';

/** `DAILY`: every 24 hours; `WEEKLY`: every 7 days at that weekday and time. OCPP 1.6 §7.36. */
export type RecurrencyKind = 'DAILY' | 'WEEKLY';

/** `A`: amperes per phase; `W`: watts over all phases. OCPP 1.6 §7.12. */
export type ChargingRateUnit = 'A' | 'W';

/** A limit that holds from a moment until the next period begins or the schedule ends. OCPP 1.6 §7.14. */
export interface ChargingSchedulePeriod {
  /** Seconds after the start of the schedule. */
  readonly startPeriod: number;
  /** In the unit of the schedule, at most one decimal. */
  readonly limit: number;
  /** 3 when absent. */
  readonly numberPhases?: number;
}

/** Limits over time. OCPP 1.6 §7.13. */
export interface ChargingSchedule {
  /** Absent: the last period goes on without end. */
  readonly durationSeconds?: number;
  /** Absent: the schedule begins when charging begins. */
  readonly startSchedule?: Date;
  readonly unit: ChargingRateUnit;
  /** Below it charging is not efficient, in the unit of the schedule, at most one decimal. */
  readonly minChargingRate?: number;
  readonly periods: readonly ChargingSchedulePeriod[];
}

/** One charging profile, in nobody's OCPP version. OCPP 1.6 §7.9. */
export interface ChargingProfile {
  readonly profileId: number;
  /** Of profiles with the same purpose, the highest level that has something to say at a moment wins. */
  readonly stackLevel: number;
  readonly purpose: ChargingProfilePurpose;
  readonly kind: ChargingProfileKind;
  readonly recurrencyKind?: RecurrencyKind;
  /** Absent: valid at once. */
  readonly validFrom?: Date;
  /** Absent: valid until it is replaced or cleared. */
  readonly validTo?: Date;
  /** The number OCPP 1.6 gives the transaction of a `TX_PROFILE`. */
  readonly ocppTransactionId?: number;
  readonly schedule: ChargingSchedule;
}
