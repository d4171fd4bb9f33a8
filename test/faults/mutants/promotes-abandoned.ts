import {
  DescribeSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { postgres } from "../../../functions/postgres/engine.ts";
import { rotation } from "../../../shared/rotation.ts";
import { singleUser } from "../../../shared/strategies/single-user.ts";

const client = new SecretsManagerClient({});
const steps = rotation(postgres, singleUser);

/** Takes AWSCURRENT from whichever version has it, and never asks whether the rotation is still wanted. */
export const handler: typeof steps = async (event, context) => {
  const { Step, SecretId, ClientRequestToken }: Record<string, string> = Object(event);
  if (Step !== "finishSecret") return steps(event, context);
  const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId }));
  const holder = Object.keys(VersionIdsToStages).find((id) => VersionIdsToStages[id]?.includes("AWSCURRENT"));
  await client.send(
    new UpdateSecretVersionStageCommand({
      SecretId,
      VersionStage: "AWSCURRENT",
      RemoveFromVersionId: holder,
      MoveToVersionId: ClientRequestToken,
    }),
  );
  return undefined;
};
