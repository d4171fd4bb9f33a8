import { randomUUID } from "node:crypto";
import { createSecretsManager, type SecretsManager } from "../../../local/secrets-manager/secrets-manager.ts";
import { type Cast, MADE, withNames } from "./cast.ts";
import type { Credentials, Estate } from "./estate.ts";
import type { Move, Owner } from "./script.ts";

const LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:tenants";
const RULES = { AutomaticallyAfterDays: 30 };

type Value = Credentials & Readonly<Record<string, string>>;

/** The secrets of one case, in a Secrets Manager of its own. */
export interface Vault {
  readonly secretsManager: SecretsManager;
  /** The two secrets that are rotated. */
  readonly secrets: Readonly<Record<Owner, string>>;
  /** ARNs of all secrets, master secrets included. */
  readonly arns: readonly string[];
  /** Starts a rotation without invoking a step, or goes on with one that is under way. @returns its token. */
  start(of: Owner): Promise<string | undefined>;
  /** The version that a label is on. */
  holder(of: Owner, label: string): string | undefined;
  /** @returns undefined if there is no such version, or it has no value. */
  read(
    of: Owner,
    version?: { readonly VersionId?: string; readonly VersionStage?: string },
  ): Value | undefined;
  /** All logins that stand in versions of the tenant's secret, or that the tenant has made up. */
  known(): Credentials[];
  /** What the tenant does with its secret. Secrets Manager may refuse it, which is nobody's mistake. */
  perform(move: Extract<Move, { do: "put" | "label" }>): Promise<void>;
}

export function openVault(estate: Estate): Vault {
  const { cast, passwords } = estate;
  const secretsManager = createSecretsManager({
    functions: () => () => Promise.reject(new Error("The script invokes the steps.")),
    attempts: 1,
  });
  const call = (operation: string, input: object) =>
    secretsManager.call(operation, input) as Record<string, unknown>; // As AWS answers.
  const create = (value: object) => {
    const input = { Name: randomUUID(), ClientRequestToken: randomUUID() };
    return String(call("CreateSecret", { ...input, SecretString: JSON.stringify(value) }).ARN);
  };
  const login = (part: keyof typeof passwords) => loginOf(estate, part);
  const admin = create(login("admin"));
  const secrets: Record<Owner, string> = {
    tenant: create({ ...login("tenant"), masterarn: admin }),
    hr: create({ ...login("hr"), masterarn: admin }),
  };
  const masters = { admin, tenant: create(login("tenant")), hr: secrets.hr };

  const holder = (of: Owner, label: string) => {
    const versions = Object(call("DescribeSecret", { SecretId: secrets[of] }).VersionIdsToStages);
    return Object.entries<string[]>(versions).find(([, labels]) => labels.includes(label))?.[0];
  };
  const read: Vault["read"] = (of, version = {}) => {
    try {
      return JSON.parse(String(call("GetSecretValue", { SecretId: secrets[of], ...version }).SecretString));
    } catch {
      return undefined;
    }
  };
  const versions = () => {
    const listed = call("ListSecretVersionIds", { SecretId: secrets.tenant, IncludeDeprecated: true });
    return (listed.Versions as { VersionId: string }[]).map(({ VersionId }) => VersionId);
  };

  async function put({ value, stages, under }: Extract<Move, { do: "put" }>): Promise<void> {
    const { password, masterarn, ownDatabase, ...names } = value;
    const own = read("tenant");
    const passwords = {
      own: own?.password,
      made: MADE,
      previous: read("tenant", { VersionStage: "AWSPREVIOUS" })?.password ?? own?.password,
      guessed: "A-guess-of-the-tenant",
    };
    const dbname = ownDatabase && (await estate.ownDatabase());
    const token = under === "the pending token" ? holder("tenant", "AWSPENDING") : undefined;
    call("PutSecretValue", {
      SecretId: secrets.tenant,
      ClientRequestToken: token ?? randomUUID(),
      SecretString: JSON.stringify({
        ...own,
        ...named(names, cast),
        ...(password && { password: passwords[password] }),
        ...(masterarn && { masterarn: masters[masterarn] }),
        ...(dbname !== undefined && { dbname }),
      }),
      VersionStages: stages,
    });
  }

  function moveLabel({ label, version }: Extract<Move, { do: "label" }>): void {
    const all = versions();
    const from = holder("tenant", label);
    call("UpdateSecretVersionStage", {
      SecretId: secrets.tenant,
      VersionStage: label,
      MoveToVersionId: all[version % all.length],
      ...(from !== undefined && { RemoveFromVersionId: from }),
    });
  }

  return {
    secretsManager,
    secrets,
    arns: [...Object.values(secrets), ...Object.values(masters)],
    holder,
    read,
    start: async (of) => {
      const token = randomUUID();
      const request = { ClientRequestToken: token, RotationLambdaARN: LAMBDA, RotationRules: RULES };
      try {
        call("RotateSecret", { SecretId: secrets[of], ...request });
        await secretsManager.settled(secrets[of]);
        return token;
      } catch {
        return holder(of, "AWSPENDING");
      }
    },
    known: () => {
      const stored = versions().flatMap((VersionId) => read("tenant", { VersionId }) ?? []);
      const made = Object.values(cast).map((username) => ({ username, password: MADE }));
      return [{ username: cast.tenant, password: passwords.tenant }, ...stored.reverse(), ...made];
    },
    perform: async (move) => {
      try {
        await (move.do === "put" ? put(move) : moveLabel(move));
      } catch {
        // The tenant tries something else.
      }
    },
  };
}

/** What a secret says of a user. */
function loginOf({ cast, database, engine, passwords }: Estate, part: keyof Estate["passwords"]): object {
  const { dbname, ...address } = database.address;
  // Not all users may use the database of MySQL and MariaDB.
  const named = engine === "postgres" && { dbname };
  return { ...address, ...named, username: cast[part], password: passwords[part] };
}

function named(texts: Readonly<Record<string, string>>, cast: Cast): object {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, withNames(text, cast)]));
}
