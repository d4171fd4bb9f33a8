import type { Databases } from "./database.ts";
import type { Options } from "./options.ts";
import type { Screen } from "./screen.ts";
import type { SecretsManager } from "./secrets-manager.ts";

/** Options and connections of one run of a verb. */
export interface Context {
  readonly options: Options;
  readonly secretsManager: SecretsManager;
  readonly databases: Databases;
  readonly screen: Screen;
}
