import type { SecretsManager } from "../../../local/secrets-manager/secrets-manager.ts";

/** Everything that an operation may have changed, as seen from outside. */
export interface Snapshot {
  readonly labels: Readonly<Record<string, readonly string[]>>;
  /** Whether RotateSecret was called and the rotation has not been canceled since. */
  readonly enabled: boolean;
  readonly current: string | undefined;
  readonly pending: string | undefined;
  readonly previous: string | undefined;
  /** The value of each version that has one, with and without labels. */
  readonly values: ReadonlyMap<string, string>;
  /** Value that GetSecretValue returns if the request names neither version nor label. */
  readonly byDefault: string;
  /** The versions, with and without labels, whose password logs in. */
  readonly working: readonly string[];
}

/** Calls the service as a person who may read everything, without HTTP. */
function call(secretsManager: SecretsManager, operation: string, input: object): Record<string, unknown> {
  return { ...secretsManager.call(operation, input, "AKIASNAPSHOT000000000") };
}

/** The secret, and the server that its versions log in to. */
export interface Sight {
  readonly secretsManager: SecretsManager;
  readonly arn: string;
  accepts(username: string, password: string): Promise<boolean>;
  /** A text of everything that a login of the user depends on. */
  fingerprint(username: string): Promise<string>;
}

export function createSnapshotTaker({
  secretsManager,
  arn,
  accepts,
  fingerprint,
}: Sight): () => Promise<Snapshot> {
  /**
   * Outcomes of logins. An outcome is valid as long as neither the password nor the server's data about the user
   * change.
   */
  const tried = new Map<string, Promise<boolean>>();

  async function logsIn(value: string, known: Map<string, Promise<string>>): Promise<boolean> {
    const { username, password } = JSON.parse(value);
    known.set(username, known.get(username) ?? fingerprint(username));
    const key = `${username} ${password} ${await known.get(username)}`;
    const accepted = tried.get(key) ?? accepts(username, password);
    tried.set(key, accepted);
    return accepted;
  }

  return async () => {
    const read = (operation: string, input: object = {}) =>
      call(secretsManager, operation, { SecretId: arn, ...input });
    const secret = read("DescribeSecret");
    const described: Record<string, string[]> = Object(secret.VersionIdsToStages);
    const list = read("ListSecretVersionIds", { IncludeDeprecated: true, MaxResults: 100 }).Versions;
    const values = new Map<string, string>();
    for (const { VersionId } of Array.isArray(list) ? list : []) {
      values.set(VersionId, String(read("GetSecretValue", { VersionId }).SecretString));
    }
    const byDefault = String(read("GetSecretValue").SecretString);
    const working: string[] = [];
    const known = new Map<string, Promise<string>>();
    for (const [version, value] of values) {
      if (await logsIn(value, known)) working.push(version);
    }
    const holder = (label: string) => Object.keys(described).find((id) => described[id]?.includes(label));
    return {
      labels: described,
      enabled: secret.RotationEnabled === true,
      current: holder("AWSCURRENT"),
      pending: holder("AWSPENDING"),
      previous: holder("AWSPREVIOUS"),
      values,
      byDefault,
      working,
    };
  };
}

/** Whether a client that reads the labeled versions finds a working password (I4). */
export function isReachable({ working, labels }: Snapshot): boolean {
  return working.some((version) => version in labels);
}

/** The version of a rotation that has begun and is neither finished nor abandoned. */
export function unfinished({ pending, current }: Snapshot): string | undefined {
  return pending === current ? undefined : pending;
}
