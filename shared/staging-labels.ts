/** DescribeSecret's VersionIdsToStages: for each labeled version its staging labels, in no particular order. */
export type StagingLabels = Readonly<Record<string, readonly string[]>>;

export const AWSCURRENT = "AWSCURRENT";
export const AWSPENDING = "AWSPENDING";
export const AWSPREVIOUS = "AWSPREVIOUS";

/**
 * The state of a rotation's token.
 *
 * - `current`: the version is AWSCURRENT, and nothing is left to do.
 * - `pending`: the version is AWSPENDING.
 * - `not-pending`: the version has lost AWSPENDING: another value was stored, or the label was removed.
 * - `unknown`: no labeled version has this id. DescribeSecret also hides a version that has lost its last label.
 */
export type TokenState = "current" | "pending" | "not-pending" | "unknown";

export function tokenState(labels: StagingLabels, token: string): TokenState {
  const own = Object.hasOwn(labels, token) ? labels[token] : undefined;
  if (own === undefined) {
    return "unknown";
  }
  if (own.includes(AWSCURRENT)) {
    return "current";
  }
  return own.includes(AWSPENDING) ? "pending" : "not-pending";
}

/** Returns the version that holds a label. At most one version does. */
export function holderOf(labels: StagingLabels, label: string): string | undefined {
  return Object.keys(labels).find((version) => labels[version]?.includes(label));
}
