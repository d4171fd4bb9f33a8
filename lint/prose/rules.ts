/** A pattern that prose must not contain, and the text to write instead. */
export interface Rule {
  readonly pattern: RegExp;
  readonly instead: string;
}

/** Subjects that name no actor. A sentence says who does what. */
const SUBJECTS: readonly Rule[] = [
  {
    pattern: /\b(?:whoever|whomever|whom|somebody|someone|nobody|everybody)\b/i,
    instead: 'a name, "you" or a role, such as "an administrator"',
  },
  {
    pattern: /(?<=^|[.:;] )(?:Who|What) (?!(?:is|are|do|does|can|may|must|to|it|each|this)\b)[^?]*$/,
    instead: "a name as the subject",
  },
  { pattern: /\b(?:he|she|his|her|hers|him)\b/i, instead: 'the role, or "they"' },
  { pattern: /\bthat\b[^,.;:]*\bwhose\b/, instead: "two sentences" },
];

/** The field's word, the same each time. */
const WORDS: readonly Rule[] = [
  { pattern: /\btwins?\b/i, instead: "clone; pair" },
  { pattern: /\bstrangers?\b/i, instead: "a user without an ownership marker; `user-not-owned`" },
  { pattern: /\block-outs?\b/i, instead: "lockout" },
  { pattern: /\bclear ?text\b/i, instead: "plaintext" },
  { pattern: /\bauthorit(?:y|ies)\b/i, instead: "CA; CA certificates" },
  { pattern: /\bplanted\b/i, instead: "mutant" },
  { pattern: /\bstraightforward build\b/i, instead: "plain esbuild bundle" },
  {
    pattern: /\b(?:licences?|behaviour|unlabelled|labelled|colour|cancelled|catalogue)\b/i,
    instead: "American spelling",
  },
  { pattern: /\bthe gate\b/i, instead: "CI" },
  { pattern: /\bnot done\b/i, instead: "what failed or timed out" },
  { pattern: /\b(?:let|lets) in\b/i, instead: "accepts the login" },
];

export const RULES: readonly Rule[] = [...SUBJECTS, ...WORDS];

/** Most words in a sentence of a page. Code, a link's target and a number count as one word each. */
export const LONGEST_SENTENCE = 35;
