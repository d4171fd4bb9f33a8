/**
 * Staging labels as one map from label to version id, so that "a label is on at most one version" cannot be broken.
 * Functions here return a new map and leave the old one alone: a refused call has then changed nothing.
 */
export type Labels = ReadonlyMap<string, string>;

export const AWSCURRENT = "AWSCURRENT";
export const AWSPENDING = "AWSPENDING";
export const AWSPREVIOUS = "AWSPREVIOUS";

export function labelsOf(labels: Labels, versionId: string): string[] {
  return [...labels].filter(([, holder]) => holder === versionId).map(([label]) => label);
}

/** When AWSCURRENT moves, AWSPREVIOUS follows to the version that lost it; no other label is touched. */
export function moveLabel(labels: Labels, label: string, versionId: string): Labels {
  const moved = new Map(labels).set(label, versionId);
  const former = labels.get(AWSCURRENT);
  if (label === AWSCURRENT && former !== undefined && former !== versionId) moved.set(AWSPREVIOUS, former);
  return moved;
}

export function removeLabel(labels: Labels, label: string): Labels {
  const rest = new Map(labels);
  rest.delete(label);
  return rest;
}

/**
 * The labels after a value was stored in a version.
 * A secret that has a value always has an AWSCURRENT, so the first value gets it whatever was asked for.
 * A new AWSCURRENT strips AWSPENDING from whichever version has it: that is how a manual change of the value
 * abandons a rotation.
 */
export function labelStoredValue(labels: Labels, versionId: string, asked: readonly string[]): Labels {
  const becomesCurrent = asked.includes(AWSCURRENT) || !labels.has(AWSCURRENT);
  let result = becomesCurrent ? removeLabel(labels, AWSPENDING) : labels;
  for (const label of asked) if (label !== AWSCURRENT) result = moveLabel(result, label, versionId);
  return becomesCurrent ? moveLabel(result, AWSCURRENT, versionId) : result;
}
