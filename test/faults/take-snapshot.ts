import { createCamera, type Snapshot } from "../support/world/snapshot.ts";
import type { Scene } from "./harness.ts";
import type { Subject } from "./subject.ts";

/** Takes snapshots of a subject's secret, and of who logs in with it. */
export function cameraOn({ stack, server }: Scene, { arn }: Subject): () => Promise<Snapshot> {
  return createCamera({
    secretsManager: stack.secretsManager,
    arn,
    fingerprint: server.fingerprint,
    accepts: async (username, password) => {
      await using session = await server.open(username, password).catch(() => undefined);
      return session !== undefined;
    },
  });
}
