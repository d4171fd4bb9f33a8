/**
 * Staging labels. Key: label, value: version id; so a label cannot be on two versions. The functions return a new map and do
 * not change the old one: a call that is rejected later has changed nothing.
 */
export type Labels = ReadonlyMap<string, string>;

export const AWSCURRENT = "AWSCURRENT";
export const AWSPENDING = "AWSPENDING";
export const AWSPREVIOUS = "AWSPREVIOUS";

export function labelsOf(labels: Labels, versionId: string): string[] {
  return [...labels].filter(([, holder]) => holder === versionId).map(([label]) => label);
}

/** Moves a label. If it is AWSCURRENT, AWSPREVIOUS moves to the former holder of AWSCURRENT. */
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
 * Returns the labels after a value was stored in a version. The first value gets AWSCURRENT even if the request does not name
 * the label. A new AWSCURRENT removes AWSPENDING from any version: a manual change of the value abandons a rotation.
 */
export function labelStoredValue(labels: Labels, versionId: string, asked: readonly string[]): Labels {
  const becomesCurrent = asked.includes(AWSCURRENT) || !labels.has(AWSCURRENT);
  let result = becomesCurrent ? removeLabel(labels, AWSPENDING) : labels;
  for (const label of asked) if (label !== AWSCURRENT) result = moveLabel(result, label, versionId);
  return becomesCurrent ? moveLabel(result, AWSCURRENT, versionId) : result;
}
