import type { StrategyName } from "../scene.ts";
import type { DatabaseResult } from "./matrix.ts";

interface DatabaseControl {
  /** A function below ../controls/, with one mistake. */
  readonly name: string;
  readonly strategy: StrategyName;
  /** One case that brings the mistake to light. */
  readonly only: string;
  /** What the mistake must be seen in. */
  readonly column: string;
  isRed(result: DatabaseResult): boolean;
}

export const DATABASE_CONTROLS: readonly DatabaseControl[] = [
  {
    name: "promotes-untested",
    strategy: "single-user",
    only: "later/password-changed/testSecret.DescribeSecret.1",
    column: "wrong promotions",
    isRed: ({ wrongPromotions }) => wrongPromotions > 0,
  },
  {
    name: "says-no-remedy",
    strategy: "single-user",
    only: "later/certificate-expired/setSecret.login.1",
    column: "as told",
    isRed: ({ asTold, failures }) => asTold === 0 && failures.length === 1,
  },
];
