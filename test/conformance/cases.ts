/** The conformance cases of Secrets Manager, in the order of its operations. Each is one test, named after its id. */
export const CASES = [
  ...["W1", "W2", "W3", "W4", "W4b", "W4c", "W5", "W6", "W7", "W8"],
  ...["C1", "C2", "C3", "C4", "C5", "C6", "C7"],
  ...["G1", "G2", "G3", "G4", "G5", "G6", "G7", "G8"],
  ...[
    "P1",
    "P2",
    "P3",
    "P4",
    "P4b",
    "P5",
    "P6",
    "P7",
    "P8",
    "P9",
    "P10",
    "P11",
    "P12",
    "P13",
    "P14",
    "P15",
    "P16",
  ],
  ...["S1", "S2", "S2b", "S3", "S3b", "S4", "S5", "S6", "S7", "S8", "S9", "S10", "S11", "S12"],
  ...["D1", "D2", "D3", "D4", "D5", "D6", "D7"],
  ...["U1", "U2", "U3", "U4"],
  ...["X1", "X2", "X3", "X4", "X5", "X6", "X7"],
  ...["R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8"],
  ...[
    "O1",
    "O2",
    "O3",
    "O4",
    "O5",
    "O6",
    "O7",
    "O8",
    "O9",
    "O10",
    "O11",
    "O12",
    "O13",
    "O14",
    "O15",
    "O16",
    "O17",
  ],
  ...["E1", "E2"],
] as const;

export type CaseId = (typeof CASES)[number];

/** Not run against real AWS, since they need a rotation function that a test controls, or a fault on the way. */
export const LOCAL_ONLY: readonly CaseId[] = [
  ...(["P15", "P16", "D7"] as const),
  ...(["O3", "O6", "O7", "O8", "O9", "O10", "O11", "O12", "O13", "O14", "O15", "O16", "O17"] as const),
  ...(["E1", "E2"] as const),
];
