/** The four steps, in the order of the protocol, as they are spelled in the event that a rotation function gets. */
export const STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;
export type Step = (typeof STEPS)[number];

/** What a rotation function is invoked with. */
export interface RotationEvent {
  Step: Step;
  /** The ARN, always in full. */
  SecretId: string;
  /** The id of the version that is being rotated in. */
  ClientRequestToken: string;
  /** Proves to PutSecretValue that the call belongs to this rotation. Sensitive: never logged. */
  RotationToken: string;
}

/** Runs the function once, to its end; rejects when the function failed. */
export type Invoke = (event: RotationEvent) => Promise<void>;

/** What observers are told. No event holds a secret value or a RotationToken. Times are milliseconds. */
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
  /** 1 for the first time that the whole rotation is tried. */
  attempt: number;
}

export type Observer = (event: ServiceEvent) => void;
