/** A word of a command that a person is told to run: whoever starts a rotation may choose its token, and so parts of it. */
export function shellWord(text: string): string {
  return /^[\w:/+=.@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
