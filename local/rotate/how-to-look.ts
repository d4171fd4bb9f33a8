import type { Screen } from "./screen.ts";
import { type Setup, USERNAME } from "./setup.ts";

/** For --keep. The password is on no command line: the AWS CLI fetches it into a variable of the shell. */
export function explainInspection(
  screen: Screen,
  { database, stack }: Pick<Setup, "database" | "stack">,
): void {
  screen.heading("Everything keeps running until Ctrl-C. In another terminal:");
  screen.line(`
  export AWS_ENDPOINT_URL_SECRETS_MANAGER=${stack.url} AWS_REGION=${stack.secretsManager.region}
  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local

  aws secretsmanager describe-secret --secret-id ${USERNAME}
  aws secretsmanager get-secret-value --secret-id ${USERNAME}
  aws secretsmanager rotate-secret --secret-id ${USERNAME}

  PASSWORD=$(aws secretsmanager get-secret-value --secret-id ${USERNAME} --query SecretString --output text |
    node -p 'JSON.parse(require("fs").readFileSync(0)).password')
  ${database.shellCommand(USERNAME)}`);
}
