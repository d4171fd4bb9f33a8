/** The errors of the service model that this service raises, and the unmodeled ones that occur on real AWS. */
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

/** An error as the caller gets it. `message` travels over the wire and into events: it never holds a secret value. */
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

/** For schemas: a message function that refuses with an error other than the default of `validate`. */
export function refuse(name: ErrorName, message: string): () => never {
  return () => {
    throw new ServiceError(name, message);
  };
}
