import type { StrategyName } from "../../local/engines.ts";
import type { SubjectOptions } from "./subject.ts";

/** States of a secret from which rotations go different ways. */
export interface Variant extends SubjectOptions {
  readonly name: string;
}

const MASTER_USER: readonly Variant[] = [
  { name: "new-clone", rotations: 0 },
  { name: "back-to-base", rotations: 1 },
  { name: "clone-exists", rotations: 2 },
];

const SINGLE_USER: readonly Variant[] = [
  { name: "first", rotations: 0 },
  { name: "later", rotations: 1 },
];

/** Where the product can keep two passwords. */
const RETAINING: readonly Variant[] = SINGLE_USER.map((variant) => ({
  ...variant,
  name: `${variant.name}-retaining`,
  keepsOldPassword: true,
}));

export function variantsOf(strategy: StrategyName, canRetain: boolean): readonly Variant[] {
  if (strategy === "master-user") return MASTER_USER;
  return canRetain ? [...SINGLE_USER, ...RETAINING] : SINGLE_USER;
}
