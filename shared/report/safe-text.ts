/** Maximum characters of a message. A message is longer only if a server's text in it is. */
const LONGEST = 10_000;

/** Maximum characters of all statements in a message. The sentence around them needs the rest of LONGEST. */
const LONGEST_LIST = 8000;

/** Characters that move a terminal's cursor, begin a new line or reverse the direction of writing. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Returns the text as one line of bounded length, so that a server or an event cannot forge log lines. */
export function oneLine(text: string): string {
  const line = text.slice(0, LONGEST).replace(UNPRINTABLE, (character) => {
    return `\\u{${character.charCodeAt(0).toString(16)}}`;
  });
  return text.length > LONGEST ? `${line}…` : line;
}

/** Joins statements for an administrator into one text. Leaves out whole statements if they do not fit. */
export function joinStatements(statements: readonly string[]): string {
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
