// As IAM names what people call.

export const ROTATE = "secretsmanager:RotateSecret";
export const CANCEL = "secretsmanager:CancelRotateSecret";
export const DESCRIBE = "secretsmanager:DescribeSecret";
export const VERSIONS = "secretsmanager:ListSecretVersionIds";
export const VALUE = "secretsmanager:GetSecretValue";
export const STAGE = "secretsmanager:UpdateSecretVersionStage";
