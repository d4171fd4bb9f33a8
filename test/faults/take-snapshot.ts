import { createSnapshotTaker, type Snapshot } from "../support/world/snapshot.ts";
import type { Harness } from "./harness.ts";
import type { Subject } from "./subject.ts";

/** Returns a function that takes snapshots of a subject's secret and of the versions whose password logs in. */
export function snapshotTaker({ stack, server }: Harness, { arn }: Subject): () => Promise<Snapshot> {
  return createSnapshotTaker({
    secretsManager: stack.secretsManager,
    arn,
    fingerprint: server.fingerprint,
    accepts: async (username, password) => {
      await using session = await server.open(username, password).catch(() => undefined);
      return session !== undefined;
    },
  });
}
