/** DescribeSecret's VersionIdsToStages: for each labeled version its staging labels, in no particular order. */
export type StagingLabels = Readonly<Record<string, readonly string[]>>;

export const AWSCURRENT = "AWSCURRENT";
export const AWSPENDING = "AWSPENDING";
export const AWSPREVIOUS = "AWSPREVIOUS";

/**
 * Where a rotation's token stands.
 *
 * - `current`: promoted already, by this rotation or an earlier try of it; nothing is left to do.
 * - `pending`: being rotated in.
 * - `not-pending`: the version lost AWSPENDING: somebody wrote a value or took the label away.
 * - `unknown`: no labeled version has this id; a version that lost its last label is hidden as well.
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

/** The version that holds a label. A label is attached to one version at most. */
export function holderOf(labels: StagingLabels, label: string): string | undefined {
  return Object.keys(labels).find((version) => labels[version]?.includes(label));
}
