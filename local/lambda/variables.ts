/** The part of a function's configuration that its process can see. */
export type Deployment = {
  name: string;
  region: string;
  credentials: Credentials;
  memoryMegabytes: number;
  taskRoot: string;
  /** "index.handler" */
  handler: string;
  secretsManagerUrl: string;
  /** The function's own configuration. */
  environment: Record<string, string>;
};

/** Credentials of the function's role. They are not verified. Each is a unique text, so that tests can find a leak. */
export type Credentials = { accessKeyId: string; secretAccessKey: string; sessionToken: string };

/** "Reserved environment variables" in https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
const RESERVED = new Set([
  "_HANDLER",
  "_X_AMZN_TRACE_ID",
  "AWS_DEFAULT_REGION",
  "AWS_REGION",
  "AWS_EXECUTION_ENV",
  "AWS_LAMBDA_FUNCTION_NAME",
  "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
  "AWS_LAMBDA_FUNCTION_VERSION",
  "AWS_LAMBDA_INITIALIZATION_TYPE",
  "AWS_LAMBDA_LOG_GROUP_NAME",
  "AWS_LAMBDA_LOG_STREAM_NAME",
  "AWS_LAMBDA_RUNTIME_API",
  "AWS_ACCESS_KEY",
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "LAMBDA_TASK_ROOT",
  "LAMBDA_RUNTIME_DIR",
]);

/** @throws if a variable has a name that Lambda reserves */
export function refuseReserved(environment: Record<string, string>): void {
  const refused = Object.keys(environment).filter((key) => RESERVED.has(key));
  if (refused.length > 0)
    throw new Error(`Lambda reserves these environment variables: ${refused.join(", ")}`);
}

/**
 * The whole environment of a function's process. The process inherits no variable from ours: a developer's AWS_PROFILE,
 * PGPASSWORD or NODE_OPTIONS could make a bundle work that fails in Lambda.
 */
export function variables(deployment: Deployment, runtimeApi: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: deployment.secretsManagerUrl,
    TZ: ":UTC",
    LANG: "en_US.UTF-8",
    PATH: "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    // Lambda sets no HOME, and its user's home does not exist. Without a HOME here, Node would return the home of the
    // current user, and the SDK would read its ~/.aws/config.
    HOME: "/home/sbx_user1051",
    ...deployment.environment,
    _HANDLER: deployment.handler,
    LAMBDA_TASK_ROOT: deployment.taskRoot,
    LAMBDA_RUNTIME_DIR: "/var/runtime",
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_FUNCTION_NAME: deployment.name,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(deployment.memoryMegabytes),
    AWS_LAMBDA_LOG_FORMAT: "JSON",
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${deployment.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: `local/${deployment.name}`,
    AWS_REGION: deployment.region,
    AWS_DEFAULT_REGION: deployment.region,
    AWS_ACCESS_KEY_ID: deployment.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: deployment.credentials.secretAccessKey,
    AWS_SESSION_TOKEN: deployment.credentials.sessionToken,
  };
}
