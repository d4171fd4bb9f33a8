/** The four steps in the order of the protocol, as spelled in a rotation function's event. */
export const STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;
export type Step = (typeof STEPS)[number];

/** The event of a rotation function. */
export interface RotationEvent {
  Step: Step;
  /** The full ARN. */
  SecretId: string;
  /** Id of the version that is being rotated in. */
  ClientRequestToken: string;
  /** Proves to PutSecretValue that the call belongs to this rotation. Sensitive: never logged. */
  RotationToken: string;
}

/** Invokes the function once and waits for its end. @throws if the function fails */
export type Invoke = (event: RotationEvent) => Promise<void>;

/** Events for observers. They never contain a secret value or a RotationToken. */
export type ServiceEvent =
  | {
      type: "request";
      operation: string;
      caller: string;
      secretArn?: string;
      secretName?: string;
      /** The error's name, when the request failed. */
      error?: string;
      milliseconds: number;
    }
  | ({ type: "stepStarted" } & StepOfRotation)
  | ({ type: "stepFinished"; milliseconds: number; error?: string } & StepOfRotation)
  | ({ type: "rotationStarted" | "rotationSucceeded" | "rotationAbandoned" } & OneRotation)
  | ({ type: "rotationFailed"; attempt: number; error: string; retrying: boolean } & OneRotation)
  | ({ type: "testRotationStarted" | "testRotationSucceeded" } & OneRotation)
  | ({ type: "testRotationFailed"; error: string } & OneRotation);

interface OneRotation {
  secretArn: string;
  token: string;
}

interface StepOfRotation extends OneRotation {
  step: Step;
  /** 1 for the first attempt at the whole rotation. */
  attempt: number;
}

export type Observer = (event: ServiceEvent) => void;
