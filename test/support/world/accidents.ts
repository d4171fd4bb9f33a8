import type { SecretsManagerProxy } from "../secrets-manager-proxy.ts";
import type { Accident } from "./operations.ts";

/** Ways to disturb an invocation in progress. */
export interface Means {
  readonly apiProxy: SecretsManagerProxy;
  /** Called for each piece of data between the function and the database, in either direction. */
  onPacket: () => void;
  kill(): void;
}

export interface Arranged extends Disposable {
  readonly happened: boolean;
}

/** Triggers the accident at its moment. */
export function arrange(accident: Accident | undefined, means: Means, putByHand: () => void): Arranged {
  const { apiProxy } = means;
  const arranged = {
    happened: false,
    [Symbol.dispose]: () => {
      apiProxy.onInterception = () => "pass";
      means.onPacket = () => {};
    },
  };
  if (accident === undefined) return arranged;
  let left = accident.nth;
  const strike = (what: () => void) => {
    left--;
    if (left !== 0) return;
    arranged.happened = true;
    what();
  };
  if (accident.at === "packet") means.onPacket = () => strike(means.kill);
  apiProxy.onInterception = ({ moment }) => {
    if (accident.at === "answer" && moment === "after") strike(means.kill);
    if (accident.at === "put" && moment === "before") strike(putByHand);
    if (accident.at === "call" && moment === "before") strike(means.kill);
    return arranged.happened && accident.at !== "put" ? "cut" : "pass";
  };
  return arranged;
}
