/** A call exceeds its quota. The message is the operation. */
export class Throttled extends Error {
  override readonly name = "ThrottlingException";
}

export const WRITES = ["PutSecretValue", "UpdateSecretVersionStage"];
export const WRITES_PER_SECOND = 50;

/** Calls that share a quota. */
export interface Quota {
  readonly operations: readonly string[];
  readonly perSecond: number;
}

/** Calls per second, account and Region (page "Secrets Manager endpoints and quotas", and the user guide). */
export const QUOTAS: readonly Quota[] = [
  { operations: WRITES, perSecond: WRITES_PER_SECOND },
  { operations: ["GetRandomPassword"], perSecond: 50 },
  { operations: ["GetSecretValue"], perSecond: 10_000 },
  { operations: ["DescribeSecret"], perSecond: 40_000 },
];

/**
 * Counts calls against their quota, with buckets that hold the calls of one second.
 *
 * @param refusedCount whether a throttled call uses up quota as well; AWS does not say
 * @returns a function that throws Throttled if a call exceeds its quota
 */
export function createQuotas(
  now: () => number,
  refusedCount: boolean,
  quotas: readonly Quota[] = QUOTAS,
): (operation: string) => void {
  const buckets = new Map<string, { perSecond: number; left: number; since: number }>();
  for (const { operations, perSecond } of quotas) {
    const bucket = { perSecond, left: perSecond, since: 0 };
    for (const operation of operations) buckets.set(operation, bucket);
  }
  return (operation) => {
    const bucket = buckets.get(operation);
    if (bucket === undefined) throw new Error(`bench/fleet/quotas.ts has no quota of ${operation}.`);
    const { perSecond, left, since } = bucket;
    bucket.left = Math.min(perSecond, left + ((now() - since) / 1000) * perSecond);
    bucket.since = now();
    if (bucket.left < 1) {
      if (refusedCount) bucket.left = Math.max(0, bucket.left - 1);
      throw new Throttled(operation);
    }
    bucket.left -= 1;
  };
}
