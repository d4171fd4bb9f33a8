import { ENGINE_NAMES, strategiesOf } from "../../local/engines.ts";
import type { Parameters } from "./stack.ts";

export interface Combination {
  readonly engine: string;
  readonly strategy: string;
  readonly inVpc: boolean;
  readonly withKeys: boolean;
  /** The parameters of the deployment. Values that policies/ has placeholders for are those placeholders. */
  readonly parameters: Parameters;
}

/** Every engine with every strategy, in a VPC and not, with customer managed keys and without. */
export const COMBINATIONS: Combination[] = ENGINE_NAMES.flatMap((engine) =>
  strategiesOf(engine).flatMap((strategy) =>
    [false, true].flatMap((inVpc) =>
      [false, true].map((withKeys) => ({
        engine,
        strategy,
        inVpc,
        withKeys,
        parameters: {
          engine,
          strategy,
          functionName: "rotate",
          ...(strategy === "master-user" && { masterSecretArn: `\${MasterSecretArn}` }),
          ...(inVpc && { vpcSubnetIds: "subnet-1,subnet-2", vpcSecurityGroupIds: "sg-1" }),
          ...(withKeys && { kmsKeyArn: `\${SecretKeyArn}` }),
          ...(withKeys && strategy === "master-user" && { masterSecretKmsKeyArn: `\${MasterSecretKeyArn}` }),
        },
      })),
    ),
  ),
);

export const title = ({ engine, strategy, inVpc, withKeys }: Combination) =>
  `${engine}, ${strategy}, ${inVpc ? "in a VPC" : "without a VPC"}, ${withKeys ? "with keys" : "without keys"}`;
