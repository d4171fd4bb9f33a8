import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { Credentials } from "./connection.ts";

/**
 * Milliseconds that a value is kept. An application keeps it for minutes, which is little between two rotations that are
 * days apart. Here one rotation follows another.
 */
const LONGEST = 200;

/** The value of AWSCURRENT, as an application keeps it in memory. */
export class CachedSecret {
  readonly #client: SecretsManagerClient;
  readonly #secretId: string;
  #reading: Promise<Credentials> | undefined;
  #expires = 0;

  constructor(client: SecretsManagerClient, secretId: string) {
    this.#client = client;
    this.#secretId = secretId;
  }

  get(): Promise<Credentials> {
    if (this.#reading === undefined || Date.now() > this.#expires) {
      this.#expires = Date.now() + LONGEST;
      this.#reading = this.#read();
      this.#reading.catch(() => this.forget());
    }
    return this.#reading;
  }

  /** Reads the secret again, unless another query has done so since it got this value. */
  async refresh(rejected: Credentials): Promise<void> {
    if ((await this.get()) === rejected) {
      this.forget();
    }
  }

  /** The next query reads the secret again. */
  forget(): void {
    this.#reading = undefined;
  }

  async #read(): Promise<Credentials> {
    const { SecretString = "" } = await this.#client.send(
      new GetSecretValueCommand({ SecretId: this.#secretId }),
    );
    const { username, password } = JSON.parse(SecretString);
    return { username, password };
  }
}
