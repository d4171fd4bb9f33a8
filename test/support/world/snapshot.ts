import type { SecretsManager } from "../../../local/secrets-manager/secrets-manager.ts";
import type { Fixture } from "../fixture.ts";
import { storedPassword, type User } from "../users.ts";

/** All that an operation can have changed, as seen from outside. */
export interface Snapshot {
  readonly labels: Readonly<Record<string, readonly string[]>>;
  /** Whether RotateSecret was called and the rotation has not been cancelled since. */
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

export function createCamera(fixture: Fixture, user: User): () => Promise<Snapshot> {
  const { database, stack } = fixture;
  /** Of a stored password and a password: a login tells the same as long as neither changes. */
  const tried = new Map<string, boolean>();

  async function logsIn(password: string, stored: string): Promise<boolean> {
    const key = `${stored} ${password}`;
    const accepted = tried.get(key) ?? (await database.accepts(user.username, password));
    tried.set(key, accepted);
    return accepted;
  }

  return async () => {
    const read = (operation: string, input: object = {}) =>
      call(stack.secretsManager, operation, { SecretId: user.arn, ...input });
    const secret = read("DescribeSecret");
    const described: Record<string, string[]> = Object(secret.VersionIdsToStages);
    const list = read("ListSecretVersionIds", { IncludeDeprecated: true, MaxResults: 100 }).Versions;
    const values = new Map<string, string>();
    for (const { VersionId } of Array.isArray(list) ? list : []) {
      values.set(VersionId, String(read("GetSecretValue", { VersionId }).SecretString));
    }
    const stored = await storedPassword(database.server, user.username);
    const working: string[] = [];
    for (const [version, value] of values) {
      if (await logsIn(JSON.parse(value).password, stored)) working.push(version);
    }
    const holder = (label: string) => Object.keys(described).find((id) => described[id]?.includes(label));
    return {
      labels: described,
      enabled: secret.RotationEnabled === true,
      current: holder("AWSCURRENT"),
      pending: holder("AWSPENDING"),
      previous: holder("AWSPREVIOUS"),
      values,
      byDefault: String(read("GetSecretValue").SecretString),
      working,
    };
  };
}

/** Whether somebody who reads the labelled versions finds a password that works (I4). */
export function isReachable({ working, labels }: Snapshot): boolean {
  return working.some((version) => version in labels);
}

/** The version of a rotation that has begun and is neither finished nor given up. */
export function unfinished({ pending, current }: Snapshot): string | undefined {
  return pending === current ? undefined : pending;
}
