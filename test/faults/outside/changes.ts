import { randomUUID } from "node:crypto";
import type { SecretsManager } from "../../../local/secrets-manager/secrets-manager.ts";
import type { Snapshot } from "../../support/world/snapshot.ts";

/** Something that somebody does to a secret while it is rotated. */
export interface Change {
  readonly what: string;
  /** Whether it ends the rotation: unless AWSCURRENT has moved before, it never moves. */
  readonly abandons: boolean;
  /** Whether it can take a label from the password that works. */
  readonly uncovers: boolean;
  /** Makes another value current, with BY_HAND in it: only what follows from that value may be promoted. */
  readonly edits?: boolean;
  /** Leaves everything as it was: the rotation succeeds. */
  readonly harmless?: boolean;
  /** Takes a version that was current before. */
  readonly needsPrevious?: boolean;
  /** The secret cannot be read afterward. */
  readonly hides?: boolean;
  apply(call: Call, now: Snapshot): void;
}

/** A call of somebody with all permissions, about the secret. */
export type Call = (operation: string, input?: object) => object;

export type ChangeName =
  | "put"
  | "cancel"
  | "take-pending"
  | "move-back"
  | "move-edited"
  | "delete"
  | "delete-restore";

/** What a person writes into the secret. */
export const BY_HAND = "by hand";

export const CHANGES: Record<ChangeName, Change> = {
  put: {
    what: "somebody stores another value",
    abandons: true,
    uncovers: true,
    apply: (call, { byDefault }) => {
      const value = { ...JSON.parse(byDefault), note: BY_HAND };
      call("PutSecretValue", { ClientRequestToken: randomUUID(), SecretString: JSON.stringify(value) });
    },
  },
  cancel: {
    what: "CancelRotateSecret",
    abandons: true,
    uncovers: false,
    apply: (call) => call("CancelRotateSecret"),
  },
  "take-pending": {
    what: "AWSPENDING is taken away",
    abandons: true,
    uncovers: true,
    apply: (call, { pending }) => {
      if (pending)
        call("UpdateSecretVersionStage", { VersionStage: "AWSPENDING", RemoveFromVersionId: pending });
    },
  },
  "move-back": {
    what: "AWSCURRENT is moved back to AWSPREVIOUS",
    // The rotation goes on, and rotates what is current then.
    abandons: false,
    uncovers: true,
    needsPrevious: true,
    apply: (call, { current, previous }) =>
      call("UpdateSecretVersionStage", {
        VersionStage: "AWSCURRENT",
        RemoveFromVersionId: current,
        MoveToVersionId: previous,
      }),
  },
  "move-edited": {
    what: "AWSCURRENT is moved to a version that somebody edited",
    abandons: false,
    uncovers: true,
    edits: true,
    apply: (call, { current, byDefault }) => {
      const MoveToVersionId = randomUUID();
      call("PutSecretValue", {
        ClientRequestToken: MoveToVersionId,
        SecretString: JSON.stringify({ ...JSON.parse(byDefault), note: BY_HAND }),
        VersionStages: ["edited"],
      });
      call("UpdateSecretVersionStage", {
        VersionStage: "AWSCURRENT",
        RemoveFromVersionId: current,
        MoveToVersionId,
      });
    },
  },
  delete: {
    what: "the secret is deleted, and restored when the rotation has ended",
    abandons: true,
    uncovers: false,
    hides: true,
    apply: (call) => call("DeleteSecret"),
  },
  "delete-restore": {
    what: "the secret is deleted, and restored at once",
    abandons: false,
    uncovers: false,
    harmless: true,
    apply: (call) => {
      call("DeleteSecret");
      call("RestoreSecret");
    },
  },
};

export function callsOn(secretsManager: SecretsManager, SecretId: string): Call {
  return (operation, input = {}) =>
    secretsManager.call(operation, { SecretId, ...input }, "AKIASOMEBODY000000000");
}

/** The version that is current at this instant. */
export function currentOf(call: Call): string | undefined {
  const described = call("DescribeSecret");
  const labels = "VersionIdsToStages" in described ? Object(described.VersionIdsToStages) : {};
  return Object.keys(labels).find((version) => labels[version].includes("AWSCURRENT"));
}
