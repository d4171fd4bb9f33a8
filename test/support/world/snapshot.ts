import type { SecretsManager } from "../../../local/secrets-manager/secrets-manager.ts";

/** All that an operation can have changed, as seen from outside. */
export interface Snapshot {
  readonly labels: Readonly<Record<string, readonly string[]>>;
  /** Whether RotateSecret was called and the rotation has not been canceled since. */
  readonly enabled: boolean;
  readonly current: string | undefined;
  readonly pending: string | undefined;
  readonly previous: string | undefined;
  /** The value of each version that has one, with and without labels. */
  readonly values: ReadonlyMap<string, string>;
  /** What GetSecretValue answers who names neither version nor label. */
  readonly byDefault: string;
  /** The versions, with and without labels, whose password logs in. */
  readonly working: readonly string[];
}

/** A person who reads everything, without the detour over HTTP. */
function call(secretsManager: SecretsManager, operation: string, input: object): Record<string, unknown> {
  return { ...secretsManager.call(operation, input, "AKIASNAPSHOT000000000") };
}

/** Where the secret is, and the server that its versions log in to. */
export interface Sight {
  readonly secretsManager: SecretsManager;
  readonly arn: string;
  accepts(username: string, password: string): Promise<boolean>;
  /** What a login of the user depends on, as a text. */
  fingerprint(username: string): Promise<string>;
}

export function createSnapshotTaker({
  secretsManager,
  arn,
  accepts,
  fingerprint,
}: Sight): () => Promise<Snapshot> {
  /** A login tells the same as long as neither the password nor anything that the server knows of the user changes. */
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

/** Whether somebody who reads the labeled versions finds a password that works (I4). */
export function isReachable({ working, labels }: Snapshot): boolean {
  return working.some((version) => version in labels);
}

/** The version of a rotation that has begun and is neither finished nor given up. */
export function unfinished({ pending, current }: Snapshot): string | undefined {
  return pending === current ? undefined : pending;
}
