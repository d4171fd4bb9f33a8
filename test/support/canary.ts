import type { Stack } from "../../local/stack.ts";
import type { ContractServer } from "../contract/contract-server.ts";
import { commandLines, findSecrets } from "./find-secrets.ts";
import type { SecretsManagerProxy } from "./secrets-manager-proxy.ts";

/** A secret that was found where people can read it. */
export interface Leak {
  readonly place: string;
  readonly secret: string;
}

/** Collects secrets and readable texts, and searches the texts for the secrets. */
export interface Canary {
  hide(...secrets: string[]): void;
  /** Adds a text that a person may read. */
  hear(place: string, text: string): void;
  /** Adds a thrown error: message, stack and all own properties, also those of the errors that it wraps. */
  hearThrown(thrown: unknown): void;
  /** Adds the present command lines of all processes, which every user of this machine can read. */
  hearCommandLines(): Promise<void>;
  leaks(): Leak[];
}

export function createCanary(): Canary {
  const secrets = new Set<string>();
  const heard = new Map<string, Set<string>>();
  const hear = (place: string, text: string) => {
    const texts = heard.get(place) ?? new Set();
    heard.set(place, texts.add(text));
  };
  return {
    hide: (...more) => {
      for (const secret of more) secrets.add(secret);
    },
    hear,
    hearThrown: (thrown) => hear("thrown errors", JSON.stringify(withHiddenParts(thrown))),
    hearCommandLines: async () => {
      for (const line of (await commandLines()).split("\n")) hear("command lines", line);
    },
    leaks: () =>
      [...heard].flatMap(([place, texts]) =>
        findSecrets(secrets, [...texts].join("\n")).map((secret) => ({ place, secret })),
      ),
  };
}

/**
 * All confidential values of the rotations of some secrets: the passwords of all their versions, the RotationTokens
 * that the function was given, and its session credentials.
 */
export function secretsOf(
  { stack, apiProxy }: { stack: Stack; apiProxy: SecretsManagerProxy },
  arns: readonly string[],
): string[] {
  const { secretAccessKey, sessionToken } = stack.rotationFunction.credentials;
  const read = (operation: string, input: object): Record<string, unknown> => ({
    ...stack.secretsManager.call(operation, input, "AKIACANARY00000000000"),
  });
  const passwords = arns.flatMap((SecretId) => {
    const { Versions } = read("ListSecretVersionIds", { SecretId, IncludeDeprecated: true, MaxResults: 100 });
    return (Array.isArray(Versions) ? Versions : []).map(({ VersionId }) => {
      const { SecretString } = read("GetSecretValue", { SecretId, VersionId });
      return String(/"password":"((?:[^"\\]|\\.)*)"/.exec(String(SecretString))?.[1] ?? "");
    });
  });
  const tokens = apiProxy.requests.map(({ input }) => String(input.RotationToken ?? ""));
  return [...new Set([secretAccessKey, sessionToken, ...passwords, ...tokens])].filter(Boolean);
}

/** Adds the server's logs: general, error and slow. */
export async function hearServer(canary: Canary, server: ContractServer): Promise<void> {
  canary.hear(`the logs of ${server.database.product}`, await server.log());
}

function withHiddenParts(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown;
  const { name, message, stack, cause } = thrown;
  return { ...thrown, name, message, stack, cause: withHiddenParts(cause) };
}
