import { EVENTS } from "./recipes/events.ts";
import { FUNCTION } from "./recipes/function.ts";
import { LOGIN } from "./recipes/login.ts";
import { NETWORK } from "./recipes/network.ts";
import { PAIR } from "./recipes/pair.ts";
import { PASSWORD } from "./recipes/password.ts";
import { SECRET } from "./recipes/secret.ts";
import { SECRETS_MANAGER } from "./recipes/secrets-manager.ts";
import type { Reproductions } from "./reproduction.ts";

/** How to reproduce each reason. The compiler refuses the table if one is missing. */
export const REPRODUCTIONS: Readonly<Required<Reproductions>> = {
  ...EVENTS,
  ...FUNCTION,
  ...LOGIN,
  ...NETWORK,
  ...PAIR,
  ...PASSWORD,
  ...SECRET,
  ...SECRETS_MANAGER,
};

export type Reproducible = keyof typeof REPRODUCTIONS;

export const REPRODUCIBLE = Object.keys(REPRODUCTIONS) as Reproducible[];
