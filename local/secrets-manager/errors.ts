/** Errors of the service model that this service throws, and errors that AWS returns although its model lacks them. */
type ErrorName =
  | "AccessDeniedException"
  | "InternalServiceError"
  | "InvalidNextTokenException"
  | "InvalidParameterException"
  | "InvalidRequestException"
  | "LimitExceededException"
  | "MalformedPolicyDocumentException"
  | "MissingAuthenticationTokenException"
  | "PublicPolicyException"
  | "ResourceExistsException"
  | "ResourceNotFoundException"
  | "SerializationException"
  | "ThrottlingException"
  | "UnknownOperationException"
  | "ValidationException";

/** An error as the caller receives it. `message` also appears in events, so it never contains a secret value. */
export class ServiceError extends Error {
  override readonly name: ErrorName;

  constructor(name: ErrorName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
  }

  /** Every client error is 400, ResourceNotFoundException too: no shape of the model carries an HTTP status. */
  get status(): 400 | 500 {
    return this.name === "InternalServiceError" ? 500 : 400;
  }
}

/** A message function for schemas that throws another error than the default of `validate`. */
export function refuse(name: ErrorName, message: string): () => never {
  return () => {
    throw new ServiceError(name, message);
  };
}
