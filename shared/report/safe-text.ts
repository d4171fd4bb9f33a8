/** Characters. A sentence of ours is longer only if one of a server's words is. */
const LONGEST = 10_000;

/** Characters of all statements together that a person is told to run: the sentence around them has room, too. */
const LONGEST_LIST = 8000;

/** What moves a terminal's cursor, begins a new line, or turns the direction of writing round. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** A text with words of a server or of an event in it, as one line of bounded length: no line can be forged with it. */
export function oneLine(text: string): string {
  const line = text.slice(0, LONGEST).replace(UNPRINTABLE, (character) => {
    return `\\u{${character.charCodeAt(0).toString(16)}}`;
  });
  return text.length > LONGEST ? `${line}…` : line;
}

/** Statements for a person to run, as one text. What does not fit is left out as whole statements: half a one is none. */
export function inTurn(statements: readonly string[]): string {
  const [first = "", ...others] = statements;
  let text = first;
  for (const [index, statement] of others.entries()) {
    if (text.length + statement.length > LONGEST_LIST) {
      return `${text} - and ${others.length - index} more statements, which are told when these have been run`;
    }
    text += `; ${statement}`;
  }
  return text;
}
