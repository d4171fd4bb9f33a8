import type { Snapshot } from "../support/world/snapshot.ts";
import type { Subject } from "./subject.ts";

/** I3 and I4: who reads the secret at this instant, as applications do, logs in. */
export function lockoutOf(
  { current = "", pending = "", previous, working }: Snapshot,
  { alwaysCurrent, users }: Subject,
  { token, setSecretBegan }: { token: string | undefined; setSecretBegan: boolean },
): string | undefined {
  if (!working.includes(current)) {
    if (alwaysCurrent) return "AWSCURRENT does not log in.";
    if (!setSecretBegan || current === token)
      return "AWSCURRENT does not log in, and no setSecret is the reason.";
    if (!working.includes(pending)) return "Neither AWSCURRENT nor AWSPENDING logs in.";
  }
  const twoUsers = users.length > 1;
  const mayBeReplaced = setSecretBegan && current !== token;
  if (twoUsers && previous !== undefined && !mayBeReplaced && !working.includes(previous)) {
    return "AWSPREVIOUS does not log in, before its user's turn has come.";
  }
  return undefined;
}
